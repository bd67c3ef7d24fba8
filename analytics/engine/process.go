package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// process is one run of the child.
type process struct {
	pid   int
	stdin io.WriteCloser
	done  chan struct{} // closed when the child is gone
	err   error         // how it ended; read after done
}

// listen are the statements that open the two servers and then wait for the end
// of standard input.
var listen = []string{
	"SYSTEM START LISTEN HTTP", "SYSTEM START LISTEN TCP",
	"SELECT count() FROM file('-', LineAsString, 'line String') FORMAT Null",
}

// spawn starts the child. The goroutine that starts it keeps its thread until
// the child ends, because the parent-death signal is tied to that thread.
func (e *Engine) spawn() (*process, error) {
	argv := append([]string{}, e.cfg.Exec...)
	argv = append(argv, e.cfg.LibraryPath,
		"--config-file", e.config, "--path", e.data,
		"--listen_host", "127.0.0.1",
		"--http_port", strconv.Itoa(e.httpPort), "--tcp_port", strconv.Itoa(e.tcpPort),
		"--query", strings.Join(listen, "; "))
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), e.cfg.Env...)
	cmd.Stdout, cmd.Stderr = e.log, e.log
	cmd.Dir = e.cfg.Dir
	cmd.WaitDelay = closePatience
	tie(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("engine: open the child's input: %w", err)
	}
	p := &process{stdin: stdin, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.done)
		if err := cmd.Start(); err != nil {
			started <- fmt.Errorf("engine: start the child: %w", err)
			return
		}
		p.pid = cmd.Process.Pid
		started <- nil
		p.err = cmd.Wait()
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// alive reports whether the child has not ended.
func (p *process) alive() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// stop ends the child: first by closing its input, after patience by a kill.
func (p *process) stop(ctx context.Context, patience time.Duration) error {
	// The pipe may be closed already, by an earlier stop or by the child's end.
	_ = p.stdin.Close()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-timer.C:
	case <-ctx.Done():
	}
	proc, err := os.FindProcess(p.pid)
	if err == nil {
		err = proc.Kill()
	}
	// Between its end and done being closed it has been waited for already.
	if err != nil && !errors.Is(err, os.ErrProcessDone) && p.alive() {
		return fmt.Errorf("engine: kill the child: %w", err)
	}
	<-p.done
	return nil
}
