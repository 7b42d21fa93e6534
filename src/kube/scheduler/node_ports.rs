//! Mirrors pkg/scheduler/framework/plugins/nodeports/node_ports.go, `HostPortInfo` of
//! k8s.io/kube-scheduler/framework and `GetHostPorts` of pkg/scheduler/util/utils.go (v1.36).
//! Left out: nothing.

use super::requests::is_restartable;
use crate::api::core::{Container, ContainerPort, PodSpec};

/// The address that stands for all addresses of a node.
const BIND_ALL_HOST_IP: &str = "0.0.0.0";

/// A port of a node that a pod takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostPort {
    ip: String,
    protocol: String,
    port: i32,
}

impl HostPort {
    /// Absent if the container's port is none of the node's. The API server gives a pod in the
    /// node's network the port of its container.
    fn of(port: &ContainerPort, host_network: bool) -> Option<HostPort> {
        let or = |text: &Option<String>, default: &str| match text.as_deref() {
            None | Some("") => default.to_owned(),
            Some(text) => text.to_owned(),
        };
        let own = port.host_port.filter(|&port| port > 0);
        let number = own.or(host_network.then_some(port.container_port))?;
        (number > 0).then(|| HostPort {
            ip: or(&port.host_ip, BIND_ALL_HOST_IP),
            protocol: or(&port.protocol, "TCP"),
            port: number,
        })
    }

    /// Whether two pods cannot have these ports of one node. Mirrors `CheckConflict`.
    pub(super) fn conflicts_with(&self, other: &HostPort) -> bool {
        let all = |port: &HostPort| port.ip == BIND_ALL_HOST_IP;
        self.port == other.port
            && self.protocol == other.protocol
            && (all(self) || all(other) || self.ip == other.ip)
    }
}

/// The ports of the node that a pod takes. Mirrors `GetHostPorts`.
pub(super) fn host_ports(spec: &PodSpec) -> Vec<HostPort> {
    let sidecars = spec.init_containers.iter().filter(|container| is_restartable(container));
    let ports = |container: &Container| -> Vec<HostPort> {
        let ports = container.ports.iter();
        ports.filter_map(|port| HostPort::of(port, spec.host_network)).collect()
    };
    sidecars.chain(&spec.containers).flat_map(ports).collect()
}

/// Whether one of the wanted ports is taken. Mirrors the negation of `fitsPorts`.
pub(super) fn ports_conflict<'a>(
    wanted: &[HostPort],
    mut taken: impl Iterator<Item = &'a HostPort>,
) -> bool {
    !wanted.is_empty() && taken.any(|taken| wanted.iter().any(|port| port.conflicts_with(taken)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(ip: &str, protocol: &str, port: i32) -> HostPort {
        HostPort { ip: ip.to_owned(), protocol: protocol.to_owned(), port }
    }

    #[test]
    fn all_addresses_conflict_with_each() {
        let all = port(BIND_ALL_HOST_IP, "TCP", 80);
        let one = port("10.0.0.1", "TCP", 80);
        assert!(all.conflicts_with(&one) && one.conflicts_with(&all));
        assert!(!one.conflicts_with(&port("10.0.0.2", "TCP", 80)));
        assert!(!all.conflicts_with(&port(BIND_ALL_HOST_IP, "UDP", 80)));
        assert!(ports_conflict(&[one], [all].iter()));
    }

    #[test]
    fn ports_of_sidecars_and_of_the_host_network_count() {
        let container = |restart: Option<&str>, number: i32, host: Option<i32>| Container {
            restart_policy: restart.map(str::to_owned),
            ports: vec![ContainerPort {
                container_port: number,
                host_port: host,
                ..ContainerPort::default()
            }],
            ..Container::default()
        };
        let mut spec = PodSpec {
            containers: vec![container(None, 8080, None)],
            init_containers: vec![
                container(None, 1, Some(1)),
                container(Some("Always"), 2, Some(2)),
            ],
            ..PodSpec::default()
        };
        assert_eq!(host_ports(&spec), [port(BIND_ALL_HOST_IP, "TCP", 2)]);
        spec.host_network = true;
        assert_eq!(host_ports(&spec).len(), 2);
    }
}
