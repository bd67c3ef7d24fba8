package engine

import (
	"os/exec"
	"syscall"
)

// tie makes the kernel tell the child when the thread that started it ends,
// which is why the thread is locked for as long as the child lives. It is the
// second string to end of input: SIGTERM leaves the engine time to shut down.
// Its own process group keeps a terminal's Ctrl-C from it.
func tie(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
}
