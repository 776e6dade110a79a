/*
 * Preloaded into User-Mode Linux, whose buffer for a process's extended registers has no room for those of processors with AMX: the
 * kernel truncates what it reads, and refuses (EFAULT) to write fewer than it has. Here the rest stays as the process has it.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define XSTATE ((void *)0x202L) /* NT_X86_XSTATE of elf.h */

static unsigned char all[65536];

static long pass(long request, long pid, void *address, void *data)
{
	return syscall(SYS_ptrace, request, pid, address, data);
}

static long registers(long request, long pid, struct iovec *theirs)
{
	struct iovec ours = { all, sizeof all };

	if (pass(PTRACE_GETREGSET, pid, XSTATE, &ours) < 0)
		return -1;
	if (theirs->iov_len > ours.iov_len)
		theirs->iov_len = ours.iov_len;
	if (request == PTRACE_GETREGSET) {
		memcpy(theirs->iov_base, all, theirs->iov_len);
		return 0;
	}
	memcpy(all, theirs->iov_base, theirs->iov_len);
	return pass(request, pid, XSTATE, &ours);
}

long ptrace(enum __ptrace_request request, ...)
{
	va_list rest;

	va_start(rest, request);
	long pid = va_arg(rest, int);
	void *address = va_arg(rest, void *);
	void *data = va_arg(rest, void *);
	va_end(rest);
	if ((request == PTRACE_GETREGSET || request == PTRACE_SETREGSET) && address == XSTATE)
		return registers(request, pid, data);
	if (request != PTRACE_PEEKTEXT && request != PTRACE_PEEKDATA && request != PTRACE_PEEKUSER)
		return pass(request, pid, address, data);
	/* The kernel writes what it peeks; the function returns it. */
	long word = 0;
	long result = pass(request, pid, address, &word);

	if (result < 0)
		return result;
	errno = 0;
	return word;
}
