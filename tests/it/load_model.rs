//! The load model against closed forms, theory, simulations of single requests and recordings.

mod closed_form;
mod conservation;
mod features;
mod loads;
mod requests;
mod rig;
mod steady;
mod theory;
mod traces;
