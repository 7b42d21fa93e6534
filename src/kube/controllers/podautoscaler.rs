//! The HorizontalPodAutoscaler controller. Mirrors `pkg/controller/podautoscaler` (v1.36).

pub mod reason;
