// What the live view asks of a terminal (tty_ioctl(4), termios(3)). By value, so that callers in Swift need no pointer.
#ifndef ALPHARL_TERMINAL_H
#define ALPHARL_TERMINAL_H

#include <stdint.h>

struct alpharl_terminal_size {
    int32_t columns;
    int32_t rows;
};

// Zeros where `descriptor` is no terminal, or one that does not know its size.
struct alpharl_terminal_size alpharl_terminal_size(int descriptor);

// Keys are neither shown nor held back until the end of the line, and Ctrl-Z does nothing; Ctrl-C still interrupts. What
// was set before is kept, of one terminal in a process. 0, or the errno of the failed call.
int alpharl_terminal_quiet(int descriptor);

// What was set before alpharl_terminal_quiet; nothing when that was not called. May be called again.
int alpharl_terminal_restore(int descriptor);

#endif
