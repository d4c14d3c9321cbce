#include "terminal.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

struct alpharl_terminal_size alpharl_terminal_size(int descriptor) {
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return (struct alpharl_terminal_size){0, 0};
    return (struct alpharl_terminal_size){size.ws_col, size.ws_row};
}

// Written by the one thread that shows the view.
static struct termios before;
static bool is_quiet = false;

int alpharl_terminal_quiet(int descriptor) {
    if (is_quiet) return 0;
    if (tcgetattr(descriptor, &before) != 0) return errno;
    struct termios quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
    quiet.c_cc[VSUSP] = _POSIX_VDISABLE;
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    if (tcsetattr(descriptor, TCSANOW, &quiet) != 0) return errno;
    is_quiet = true;
    return 0;
}

int alpharl_terminal_restore(int descriptor) {
    if (!is_quiet) return 0;
    is_quiet = false;
    return tcsetattr(descriptor, TCSAFLUSH, &before) == 0 ? 0 : errno;
}
