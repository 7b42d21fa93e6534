//! `kubectl apply` of a Deployment. Mirrors `pkg/cmd/apply/patcher.go` of kubectl (v0.36) and the
//! three-way strategic merge of `apimachinery/pkg/util/strategicpatch`: what the manifest says
//! wins, what only its former version said goes, and what others said stays. Left out: fields that
//! nobody but a manifest can change here, which are as the manifest has them.

use crate::api::apps::DeploymentSpec;
use crate::api::core::{Container, EnvVar, PodTemplateSpec, ResourceList};
use crate::api::meta::StringMap;

/// The spec that comes of applying `new` to `live`, where `last` was applied before. Absent
/// `replicas` are not said; nor is `paused: false`.
pub fn spec(live: &DeploymentSpec, last: &DeploymentSpec, new: &DeploymentSpec) -> DeploymentSpec {
    if new.strategy.swarm.is_some() {
        // `docker stack deploy` replaces.
        let replicas = new.replicas.or(live.replicas);
        return DeploymentSpec { replicas, ..new.clone() };
    }
    DeploymentSpec {
        replicas: new.replicas.or(live.replicas),
        paused: new.paused || (live.paused && !last.paused),
        template: template(&live.template, &last.template, &new.template),
        ..new.clone()
    }
}

/// Entries of a map such as annotations.
pub fn map(live: &StringMap, last: &StringMap, new: &StringMap) -> StringMap {
    let stay = live.iter().filter(|(key, _)| !last.contains_key(*key));
    stay.chain(new).map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn template(
    live: &PodTemplateSpec,
    last: &PodTemplateSpec,
    new: &PodTemplateSpec,
) -> PodTemplateSpec {
    let mut merged = new.clone();
    let annotations = |of: &PodTemplateSpec| of.metadata.annotations.clone();
    merged.metadata.annotations = map(&annotations(live), &annotations(last), &annotations(new));
    let lists = [
        (&live.spec.containers, &last.spec.containers, &mut merged.spec.containers),
        (&live.spec.init_containers, &last.spec.init_containers, &mut merged.spec.init_containers),
    ];
    for (live, last, containers) in lists {
        for one in containers {
            let of_name = |other: &&Container| other.name == one.name;
            if let Some(live) = live.iter().find(of_name) {
                let nothing = Container::default();
                let last = last.iter().find(of_name).unwrap_or(&nothing);
                *one = container(live, last, one);
            }
        }
    }
    merged
}

fn container(live: &Container, last: &Container, new: &Container) -> Container {
    let mut merged = new.clone();
    let is_in = |list: &[EnvVar], name: &str| list.iter().any(|variable| variable.name == name);
    let stay =
        live.env.iter().filter(|it| !is_in(&new.env, &it.name) && !is_in(&last.env, &it.name));
    merged.env.extend(stay.cloned());
    let amounts = |live: &ResourceList, last: &ResourceList, new: &ResourceList| -> ResourceList {
        let stay = live.iter().filter(|(name, _)| !last.contains_key(*name));
        stay.chain(new).map(|(name, amount)| (name.clone(), amount.clone())).collect()
    };
    let (live, last, new) = (&live.resources, &last.resources, &new.resources);
    merged.resources.requests = amounts(&live.requests, &last.requests, &new.requests);
    merged.resources.limits = amounts(&live.limits, &last.limits, &new.limits);
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(pairs: &[(&str, &str)]) -> StringMap {
        pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    fn env(pairs: &[(&str, &str)]) -> Vec<EnvVar> {
        let variable = |&(name, value): &(&str, &str)| EnvVar {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        pairs.iter().map(variable).collect()
    }

    fn with_env(pairs: &[(&str, &str)]) -> DeploymentSpec {
        let mut spec = DeploymentSpec::default();
        let name = "app".to_owned();
        spec.template.spec.containers =
            vec![Container { name, env: env(pairs), ..Container::default() }];
        spec
    }

    #[test]
    fn what_others_said_stays_and_what_is_no_longer_said_goes() {
        let live = entries(&[("own", "1"), ("old", "2"), ("others", "3")]);
        let merged = map(&live, &entries(&[("own", "1"), ("old", "2")]), &entries(&[("own", "4")]));
        assert_eq!(merged, entries(&[("own", "4"), ("others", "3")]));
    }

    #[test]
    fn variables_that_were_set_stay_and_a_pause_too() {
        let mut live = with_env(&[("MODE", "fast"), ("LEVEL", "debug")]);
        (live.paused, live.replicas) = (true, Some(7));
        let manifest = with_env(&[("MODE", "slow")]);
        let merged = spec(&live, &manifest, &manifest);
        let env_of = |spec: &DeploymentSpec| spec.template.spec.containers[0].env.clone();
        assert_eq!(env_of(&merged), env(&[("MODE", "slow"), ("LEVEL", "debug")]));
        assert!(merged.paused);
        assert_eq!(merged.replicas, Some(7));
        assert_eq!(env_of(&spec(&live, &with_env(&[("LEVEL", "info")]), &manifest)).len(), 1);
    }
}
