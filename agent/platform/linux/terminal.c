/*
 * The terminal that this process is controlled by, if there is one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "binding.h"

JSValue native_terminal(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int descriptor = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    (void)self, (void)argc, (void)argv;

    /* Where there is no /dev it may still be one of our streams; of any other terminal tcgetpgrp knows nothing. */
    for (int stream = STDIN_FILENO; descriptor < 0 && stream <= STDERR_FILENO; stream++)
        if (tcgetpgrp(stream) >= 0)
            descriptor = fcntl(stream, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return native_result(ctx, descriptor);
}

JSValue native_leads_session(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    (void)self, (void)argc, (void)argv;
    return JS_NewInt32(ctx, getsid(0) == getpid());
}

/* Our own SIGTTOU is blocked, so it lets us choose its foreground group also from outside of that. */
JSValue native_reclaim_terminal(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int32_t terminal;
    pid_t group;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &terminal, argv[0]))
        return JS_EXCEPTION;
    group = tcgetpgrp(terminal);
    if (group <= 0 || kill(-group, 0) == 0 || errno != ESRCH)
        return JS_NewInt32(ctx, 0);
    return native_result(ctx, tcsetpgrp(terminal, getpgrp()));
}
