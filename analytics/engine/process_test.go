package engine

import (
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestStopEnded stops a child that was waited for and is not yet known to be gone:
// there is nothing left to kill, and that is no fault.
func TestStopEnded(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^$")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	_, stdin := io.Pipe()
	p := &process{pid: cmd.ProcessState.Pid(), stdin: stdin, done: make(chan struct{})}
	time.AfterFunc(100*time.Millisecond, func() { close(p.done) })
	if err := p.stop(t.Context(), 0); err != nil {
		t.Error(err)
	}
}
