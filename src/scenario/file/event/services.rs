//! Events about Services, of Kubernetes and of Compose files, as written.

use crate::scenario::file::read::{At, Table, object};
use crate::scenario::file::scalar::ObjectName;

object! {
    /// `kubectl patch service`: another selector, as in a blue-green release.
    SwitchSelector is "`switchSelector`";
    /// Which Service.
    "service" => service: At<ObjectName>,
    /// The labels of the pods that serve from then on.
    "selector" => selector: Table<At<String>>,
}

object! {
    /// `docker service update`, of a service of a Compose file.
    UpdateService is "`updateService`";
    /// Which service.
    "service" => service: At<ObjectName>,
    /// `--image`: its new image.
    "image" => image: Option<At<String>>,
    /// `--replicas`: how many tasks it has from then on.
    "replicas" => replicas: Option<At<i32>>,
}
