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

/// `kubectl set env`: variables are changed where they stand, new ones come last, some go. Without
/// a name every container gets them.
///
/// # Errors
/// kubectl's message, when there is no such container.
pub fn env(
    pod: &mut PodSpec,
    container: Option<&str>,
    set: &[EnvVar],
    removed: &[String],
) -> Result<(), String> {
    let mut found = false;
    for one in matching(pod, container) {
        found = true;
        one.env.retain(|known| !removed.contains(&known.name));
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
/// kubectl's message, when there is no such container, or the API server refuses what it would
/// come to.
pub fn resources(
    pod: &mut PodSpec,
    container: Option<&str>,
    set: &ResourceRequirements,
) -> Result<(), String> {
    let mut found = false;
    for one in matching(pod, container) {
        found = true;
        if let Some(why) = beyond_limit(one, set) {
            return Err(why);
        }
        one.resources = merged(&one.resources, set);
    }
    if found { Ok(()) } else { Err(no_container(container)) }
}

/// What the API server says when a container with these amounts would request more than its limit
/// is.
pub fn beyond_limit(container: &Container, set: &ResourceRequirements) -> Option<String> {
    let amounts = merged(&container.resources, set);
    amounts.requests.iter().find_map(|(name, request)| {
        let limit = amounts.limits.get(name).filter(|limit| request.compare(limit).is_gt())?;
        let container = &container.name;
        Some(format!(
            "{container}: requests: Invalid value: \"{request}\": must be less than or equal to \
             {name} limit of {limit}"
        ))
    })
}

fn merged(amounts: &ResourceRequirements, set: &ResourceRequirements) -> ResourceRequirements {
    let merge = |amounts: &ResourceList, more: &ResourceList| -> ResourceList {
        amounts.iter().chain(more).map(|(name, amount)| (name.clone(), amount.clone())).collect()
    };
    ResourceRequirements {
        requests: merge(&amounts.requests, &set.requests),
        limits: merge(&amounts.limits, &set.limits),
    }
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
