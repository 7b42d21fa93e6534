//! Services.

use super::decode;
use crate::api::core::{Service, ServicePort, ServiceSpec};

decode!(Service { metadata: "metadata", spec: "spec" });

decode!(ServiceSpec {
    selector: "selector",
    ports: "ports",
    type_: "type",
    publish_not_ready_addresses: "publishNotReadyAddresses",
});

decode!(ServicePort { name: "name", port: "port", target_port: "targetPort" });
