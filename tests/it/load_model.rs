//! The load model against closed forms, theory, simulations of single requests and recordings.

mod conservation;
mod loads;
mod rig;
mod steady;
mod traces;
