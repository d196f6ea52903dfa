//! The C ABI: `libhongyan`.
