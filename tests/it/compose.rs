//! Services of Docker Swarm, from Compose files through the whole pipe: the worked examples of how
//! updates, roll-backs, restarts and health checks go, with their instants.

mod failures;
mod files;
mod nodes;
mod played;
mod updates;
