/*
 * What newer C++ compilers call and the libstdc++ of GCC 8 (RHEL 8, Debian 10) lacks; .ci/build-addon links it in, hidden.
 * Source of the contract: libsupc++/eh_call.cc of GCC 14.
 */
#include <cxxabi.h>
#include <exception>

extern "C" [[noreturn]] __attribute__((visibility("hidden"))) void __cxa_call_terminate(void *exception) noexcept {
  if (exception != nullptr) __cxxabiv1::__cxa_begin_catch(exception);
  std::terminate();
}
