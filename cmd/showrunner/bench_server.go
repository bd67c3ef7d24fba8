package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// benchServer is a server that a bench starts for itself: this same program, on
// a data folder of its own.
type benchServer struct {
	process *exec.Cmd
	url     string
	data    string
	ended   chan struct{}
	err     error
}

// unlimited is for loads that no person makes.
var unlimited = []string{"--rate-limits", "off"}

// startBenchServer starts a server with further flags and waits until it listens.
func startBenchServer(ctx context.Context, data, addr string, stderr io.Writer, flags ...string) (*benchServer, error) {
	exe, err := ownPath()
	if err != nil {
		return nil, err
	}
	s := &benchServer{data: data, ended: make(chan struct{})}
	// The server outlives ctx: it is stopped in order, or killed, but not dropped.
	s.process = exec.CommandContext(context.WithoutCancel(ctx), exe, append([]string{"serve", "--data", data, "--addr", addr, "--log-level", "error"}, flags...)...)
	s.process.Stderr = stderr
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start a server: %w", err)
	}
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("start a server: %w", err)
	}
	listening := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
				listening <- url
			}
		}
		s.err = s.process.Wait()
		close(s.ended)
	}()
	select {
	case s.url = <-listening:
		return s, nil
	case <-s.ended:
		return nil, fmt.Errorf("the server ended before it listened: %w", s.err)
	case <-ctx.Done():
		s.kill()
		return nil, ctx.Err()
	case <-time.After(2 * time.Minute):
		s.kill()
		return nil, errors.New("the server does not listen within two minutes")
	}
}

// kill ends the server at once, as a power cut would.
func (s *benchServer) kill() {
	_ = s.process.Process.Kill() // Already gone is as good.
	<-s.ended
}

// stop asks the server to end and waits for it.
func (s *benchServer) stop() error {
	select {
	case <-s.ended:
		return nil
	default:
	}
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	select {
	case <-s.ended:
		if s.err != nil {
			return fmt.Errorf("the server did not stop well: %w", s.err)
		}
		return nil
	case <-time.After(2 * stopWithin):
		s.kill()
		return fmt.Errorf("the server still ran %s after SIGTERM", 2*stopWithin)
	}
}

// ownPath is this program.
func ownPath() (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	return exe, nil
}
