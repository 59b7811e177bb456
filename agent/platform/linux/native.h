#ifndef TASKFLOW_NATIVE_H
#define TASKFLOW_NATIVE_H

#include "quickjs.h"

/* Keeps the command line, so that spawn passes a command's arguments on byte for byte. */
void native_remember(int argc, char **argv);

/* Blocks them likewise, once, and keeps for the commands which were blocked before. */
void native_remember_signals(void);

/* Blocks every signal in the calling thread: they wait to be read. Returns -1 with errno when it cannot. */
int native_block_signals(void);

/* The modules `qjs:std` and `qjs:os`; -1 where there is no memory for them, as below. */
int libc_init(JSContext *ctx);

/* The command line as `scriptArgs`, texts that the program can read. */
int libc_arguments(JSContext *ctx, int argc, char **argv);

/* The module `qjs:taskflow`. */
JSModuleDef *native_init(JSContext *ctx, const char *name);

/* Calls what the program gave to `onIdle`: it waits for something to happen. -1 with an exception where it cannot. */
int native_wait(JSContext *ctx);

#endif
