/*
 * Signals. They are all blocked, and read from a descriptor: a blocked signal is queued even for PID 1, whose unhandled
 * signals the kernel otherwise drops.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "binding.h"
#include "native.h"

sigset_t native_original_mask;

/* The system call itself: musl keeps the signals 32 to 34 out of every set that passes through its functions. */
static int change_mask(int how, uint64_t set, sigset_t *former)
{
    return syscall(SYS_rt_sigprocmask, how, &set, former, sizeof set);
}

int native_block_signals(void)
{
    return change_mask(SIG_SETMASK, UINT64_MAX, NULL);
}

void native_remember_signals(void)
{
    change_mask(SIG_SETMASK, UINT64_MAX, &native_original_mask);
}

JSValue native_signals(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    sigset_t all;
    (void)self, (void)argc, (void)argv;

    memset(&all, 0xff, sizeof all);
    /* Ignored by our parent, it would be ignored by us: children would be reaped before we could ask how they ended. */
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR)
        return native_result(ctx, -1);
    return native_result(ctx, signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
}

JSValue native_take_default(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int32_t number;
    uint64_t set;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &number, argv[0]))
        return JS_EXCEPTION;
    set = UINT64_C(1) << (number - 1);
    if (kill(getpid(), number) < 0 || change_mask(SIG_UNBLOCK, set, NULL) < 0)
        return native_result(ctx, -1);
    return native_result(ctx, change_mask(SIG_BLOCK, set, NULL));
}
