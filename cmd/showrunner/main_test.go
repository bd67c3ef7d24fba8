package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// asProgram makes the test binary behave as the program itself, so that tests
// start, stop and kill the real thing with the race detector in it.
const asProgram = "SHOWRUNNER_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == engineChild || os.Getenv(asProgram) == "1" {
		main()
		return
	}
	if o := os.Getenv(asNATS); o != "" {
		runNATS(o)
		return
	}
	os.Exit(m.Run())
}

// program is one running server process.
type program struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string
	stderr *tail
	exited chan struct{}
	err    error
}

// startProgram runs `showrunner serve` on data and waits until it listens.
func startProgram(t *testing.T, data, addr string, flags ...string) *program {
	t.Helper()
	return startLogged(t, &tail{}, data, addr, flags...)
}

// startLogged is startProgram that logs where it is told.
func startLogged(t *testing.T, log *tail, data, addr string, flags ...string) *program {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"serve", "--data", data, "--addr", addr, "--log-level", "warn", "--rate-limits", "off"}, flags...)
	p := &program{t: t, cmd: exec.Command(exe, args...), stderr: log, exited: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stderr = p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listening := make(chan string, 1)
	var reading sync.WaitGroup
	reading.Go(func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
				listening <- url
			}
		}
	})
	go func() {
		reading.Wait()
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.kill()
		endEngine(t, data)
	})
	select {
	case p.url = <-listening:
	case <-p.exited:
		t.Fatalf("server ended before it listened: %v\n%s", p.err, p.stderr)
	case <-time.After(2 * time.Minute):
		t.Fatalf("server did not listen within two minutes\n%s", p.stderr)
	}
	return p
}

// kill ends the process as a power cut would: at once, with nothing flushed.
func (p *program) kill() {
	_ = p.cmd.Process.Kill() // Already gone is as good.
	<-p.exited
}

// stop asks the process to end and fails the test unless it exits 0 in time.
func (p *program) stop(within time.Duration) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.exited:
		if p.err != nil {
			p.t.Fatalf("server did not exit 0: %v\n%s", p.err, p.stderr)
		}
	case <-time.After(within):
		p.t.Fatalf("server still runs %s after SIGTERM\n%s", within, p.stderr)
	}
}

// enginePID finds the embedded ClickHouse of the process, 0 if there is none now.
func (p *program) enginePID() int {
	p.t.Helper()
	return engineChildOf(p.t, p.cmd.Process.Pid)
}

// engineChildOf finds the ClickHouse that a process started, 0 if there is none
// now.
func engineChildOf(t *testing.T, parent int) int {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range tasks {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // The thread ended meanwhile.
		}
		for field := range strings.FieldsSeq(string(raw)) {
			line, err := os.ReadFile("/proc/" + field + "/cmdline")
			if err == nil && bytes.Contains(line, []byte(engineChild)) {
				pid, err := strconv.Atoi(field)
				if err == nil {
					return pid
				}
			}
		}
	}
	return 0
}

// endEngine ends the ClickHouse that a killed server left in its folder. It
// would end by itself, but goes on writing meanwhile, and a folder that is
// written to cannot be removed.
func endEngine(t *testing.T, data string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		pid := engineIn(t, data)
		if pid == 0 {
			return
		}
		if time.Now().After(end) {
			t.Errorf("engine %d still runs in %s", pid, data)
			return
		}
		_ = syscall.Kill(pid, syscall.SIGKILL) // Gone meanwhile is as good.
	}
}

// engineIn finds the ClickHouse whose files are below a folder, 0 if there is
// none. One that has ended has no command line any more.
func engineIn(t *testing.T, data string) int {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range lines {
		line, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(line, []byte(engineChild)) || !bytes.Contains(line, []byte(data+"/")) {
			continue // Another process, or ended since.
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			return pid
		}
	}
	return 0
}

// ready waits until /readyz answers as wanted.
func (p *program) ready(want int, within time.Duration) {
	p.t.Helper()
	var got string
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		res, err := http.Get(p.url + "/readyz")
		if err != nil {
			got = err.Error()
			continue
		}
		body, _ := io.ReadAll(res.Body) // The status decides; the body only explains.
		res.Body.Close()
		if res.StatusCode == want {
			return
		}
		got = res.Status + " " + string(body)
	}
	p.t.Fatalf("/readyz did not become %d within %s: %s\n%s", want, within, got, p.stderr)
}

// tail keeps the end of what a process said.
type tail struct {
	keep int // bytes; 0 means 16 KiB

	mu  sync.Mutex
	buf []byte
}

func (w *tail) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buf = append(w.buf, p...)
	if over := len(w.buf) - cmp.Or(w.keep, 16<<10); over > 0 {
		w.buf = w.buf[over:]
	}
	return len(p), nil
}

func (w *tail) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.buf)
}

// deadline is a context that ends before the test binary's own time-out.
func deadline(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
