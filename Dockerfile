# A static binary and nothing else: no shell, no user database, no root.
#
#   docker build -t podtide .
#   docker run --rm podtide run /scenarios/flash-sale/scenario.yaml
#   docker run --rm -v "$PWD:/work:ro" -w /work podtide run deployment.yaml hpa.yaml --traffic 'constant:100/s'
#   helm template shop | docker run --rm -i podtide run - --traffic 'constant:200/s'
FROM rust:1-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY benches benches
COPY tests/it tests/it
RUN cargo build --release --locked --bin podtide

FROM scratch
COPY --from=build /src/target/release/podtide /podtide
COPY scenarios /scenarios
USER 65532:65532
ENTRYPOINT ["/podtide"]
CMD ["--help"]
