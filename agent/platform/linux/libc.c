/*
 * Of QuickJS's modules `std` and `os` only what the program uses. Each export is an object that every waiting agent of a
 * pod would hold, and what nothing refers to is not linked.
 */
#define _GNU_SOURCE
#include "quickjs-libc.c"

#include "native.h"

static const JSCFunctionListEntry std_functions[] = {
    JS_CFUNC_DEF("exit", 1, js_std_exit),
    JS_CFUNC_DEF("setenv", 1, js_std_setenv),
    JS_CFUNC_DEF("strerror", 1, js_std_strerror),
};

static const JSCFunctionListEntry os_functions[] = {
    JS_CFUNC_DEF("open", 2, js_os_open),
    JS_CFUNC_DEF("close", 1, js_os_close),
    JS_CFUNC_MAGIC_DEF("read", 4, js_os_read_write, 0),
    JS_CFUNC_MAGIC_DEF("write", 4, js_os_read_write, 1),
    JS_CFUNC_DEF("remove", 1, js_os_remove),
    JS_CFUNC_DEF("rename", 2, js_os_rename),
    JS_CFUNC_DEF("mkdir", 1, js_os_mkdir),
    JS_CFUNC_DEF("readdir", 1, js_os_readdir),
    JS_CFUNC_MAGIC_DEF("lstat", 1, js_os_stat, 1),
    JS_CFUNC_DEF("readlink", 1, js_os_readlink),
    JS_CFUNC_DEF("getcwd", 0, js_os_getcwd),
    JS_CFUNC_DEF("chdir", 0, js_os_chdir),
    JS_CFUNC_DEF("now", 0, js_os_now),
    JS_CFUNC_DEF("getpid", 0, js_os_getpid),
    JS_CFUNC_DEF("kill", 2, js_os_kill),
    JS_CFUNC_DEF("waitpid", 2, js_os_waitpid),
    OS_FLAG(O_RDONLY),
    OS_FLAG(O_WRONLY),
    OS_FLAG(O_APPEND),
    OS_FLAG(O_CREAT),
    OS_FLAG(O_EXCL),
    OS_FLAG(O_TRUNC),
    OS_FLAG(S_IFMT),
    OS_FLAG(S_IFDIR),
    OS_FLAG(WNOHANG),
};

static int export_std(JSContext *ctx, JSModuleDef *module)
{
    return JS_SetModuleExportList(ctx, module, std_functions, countof(std_functions));
}

static int export_os(JSContext *ctx, JSModuleDef *module)
{
    return JS_SetModuleExportList(ctx, module, os_functions, countof(os_functions));
}

int libc_init(JSContext *ctx)
{
    JSModuleDef *std = JS_NewCModule(ctx, "qjs:std", export_std);
    JSModuleDef *os = JS_NewCModule(ctx, "qjs:os", export_os);

    if (!std || JS_AddModuleExportList(ctx, std, std_functions, countof(std_functions)))
        return -1;
    return os ? JS_AddModuleExportList(ctx, os, os_functions, countof(os_functions)) : -1;
}

int libc_arguments(JSContext *ctx, int argc, char **argv)
{
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue arguments = JS_NewArray(ctx);
    int i, failed;

    for (i = 0; i < argc; i++)
        JS_SetPropertyUint32(ctx, arguments, i, JS_NewString(ctx, argv[i]));
    failed = JS_SetPropertyStr(ctx, global, "scriptArgs", arguments) < 0;
    JS_FreeValue(ctx, global);
    return -failed;
}
