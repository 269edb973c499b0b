//! Every reply code: what it means, what is likely the cause, what to do.
