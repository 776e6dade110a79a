/*
 * Forced into every file of an addon by .ci/build-addon: calls that glibc moved from libpthread to libc in 2.34 are asked for by the
 * version that every glibc has, so that what is built on a new system loads on an old one (2.28: RHEL 8, Debian 10). The linker finds
 * that version beside the new one in libc; on an old system the loader finds it in libpthread, which the executable is linked against.
 */
#if defined(__x86_64__)
#define OLDEST "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define OLDEST "GLIBC_2.17"
#else
#error "which version of its symbols did glibc begin with on this processor?"
#endif
#define OLD(name) __asm__(".symver " #name "," #name "@" OLDEST)

OLD(pthread_create);
OLD(pthread_join);
OLD(pthread_detach);
OLD(pthread_mutex_trylock);
OLD(pthread_once);
OLD(pthread_key_create);
OLD(pthread_key_delete);
OLD(pthread_getspecific);
OLD(pthread_setspecific);
