//go:build unix && !linux

package engine

import (
	"os/exec"
	"syscall"
)

// tie keeps a terminal's Ctrl-C from the child. Without a parent-death signal
// the child watches its parent itself.
func tie(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
