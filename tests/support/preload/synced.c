/* Tells how much of an append-only file is on the disk: after each fdatasync of a file whose name holds ".incr.aof"
   its length is written, as text, over the file that SYNCED names. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int fdatasync(int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    char link[64], name[4096], text[32];
    struct stat found;
    int done = real(fd);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, sizeof name - 1);
    if (done || length < 0 || fstat(fd, &found)) return done;
    name[length] = 0;
    if (strstr(name, ".incr.aof")) {
        int told = open(getenv("SYNCED"), O_WRONLY | O_CREAT, 0600);
        int written = snprintf(text, sizeof text, "%020lld", (long long)found.st_size);
        if (told < 0 || pwrite(told, text, written, 0) != written) abort();
        close(told);
    }
    return done;
}
