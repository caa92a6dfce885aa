//! Plans of other programs: read into [`guatu_kernel::plan::Plan`] and written back.
