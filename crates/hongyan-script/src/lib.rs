//! Scripts in the manner of the analytic database of seeds 000 and 001.
