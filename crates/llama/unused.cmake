# llama.cpp's `common` library is built by the crate that builds llama.cpp, whether it is used or not, and takes half of
# that build. Nothing here calls into it: unoptimised it is built in a fraction of the time.
# (`CMAKE_PROJECT_INCLUDE` in .cargo/config.toml reads this at the end of each `project()`.)
if(PROJECT_NAME STREQUAL "llama.cpp")
    cmake_language(DEFER CALL target_compile_options llama-common PRIVATE -O0)
endif()
