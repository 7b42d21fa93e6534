//! `kubectl set`. Mirrors `pkg/cmd/set` of kubectl (v0.36): `set_image.go`, `set_env.go`,
//! `set_resources.go`. Left out: other kinds than Deployments, values from elsewhere.

use crate::api::core::{Container, EnvVar, PodSpec, ResourceList, ResourceRequirements};

/// `kubectl set image`: the image of the containers of that name.
///
/// # Errors
/// kubectl's message, when there is no such container.
pub fn image(pod: &mut PodSpec, container: &str, image: &str) -> Result<(), String> {
    let mut found = false;
    for one in matching(pod, Some(container)) {
        found = true;
        image.clone_into(&mut one.image);
    }
    if found { Ok(()) } else { Err(format!("unable to find container named \"{container}\"")) }
}

/// `kubectl set env`: variables are changed where they stand, new ones come last. Without a name
/// every container gets them.
///
/// # Errors
/// kubectl's message, when there is no such container.
pub fn env(pod: &mut PodSpec, container: Option<&str>, set: &[EnvVar]) -> Result<(), String> {
    let mut found = false;
    for one in matching(pod, container) {
        found = true;
        for variable in set {
            match one.env.iter_mut().find(|known| known.name == variable.name) {
                Some(known) => known.clone_from(variable),
                None => one.env.push(variable.clone()),
            }
        }
    }
    if found { Ok(()) } else { Err(no_container(container)) }
}

/// `kubectl set resources`: amounts are added or changed, others stay.
///
/// # Errors
/// kubectl's message, when there is no such container.
pub fn resources(
    pod: &mut PodSpec,
    container: Option<&str>,
    set: &ResourceRequirements,
) -> Result<(), String> {
    let merge = |amounts: &mut ResourceList, more: &ResourceList| {
        amounts.extend(more.iter().map(|(name, amount)| (name.clone(), amount.clone())));
    };
    let mut found = false;
    for one in matching(pod, container) {
        found = true;
        merge(&mut one.resources.limits, &set.limits);
        merge(&mut one.resources.requests, &set.requests);
    }
    if found { Ok(()) } else { Err(no_container(container)) }
}

fn matching<'a>(
    pod: &'a mut PodSpec,
    name: Option<&'a str>,
) -> impl Iterator<Item = &'a mut Container> {
    let all = pod.init_containers.iter_mut().chain(&mut pod.containers);
    all.filter(move |container| name.is_none_or(|name| container.name == name))
}

fn no_container(name: Option<&str>) -> String {
    format!("does not have any containers matching \"{}\"", name.unwrap_or("*"))
}
