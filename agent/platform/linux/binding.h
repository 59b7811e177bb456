#ifndef TASKFLOW_BINDING_H
#define TASKFLOW_BINDING_H

#include <signal.h>

#include "quickjs.h"

/* The agent's own command line, its program's name included. */
extern int native_argc;
extern char **native_argv;

/* The result of a system call: itself, or -errno. */
JSValue native_result(JSContext *ctx, int value);

/* The signals that were blocked when the agent was started: what its command starts with. */
extern sigset_t native_original_mask;

JSValue native_spawn(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv);
JSValue native_open_plain(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv);
JSValue native_decode(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv);
JSValue native_signals(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv);
JSValue native_take_default(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv);
JSValue native_terminal(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv);
JSValue native_leads_session(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv);
JSValue native_reclaim_terminal(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv);
JSValue native_bell(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv);
JSValue native_tee(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv);
JSValue native_unread(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv);

#endif
