package engine_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/analytics/engine"
)

const childFlag = "engine-child"

// TestMain lets the test binary be the engine's child, and a parent to be killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case childFlag:
			os.Exit(engine.ChildMain(os.Args[2:]))
		case "parent":
			os.Exit(parent(os.Args[2]))
		}
	}
	os.Exit(m.Run())
}

// parent starts an engine, tells where it is, and waits to be killed.
func parent(dir string) int {
	e, err := engine.Start(context.Background(), config(dir))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(e.Pid(), e.HTTPURL())
	select {}
}

func config(dir string) engine.Config {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return engine.Config{Dir: dir, Exec: []string{self, childFlag}, Now: time.Now}
}

func query(t *testing.T, at, sql string) (string, error) {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+u.Host+"/", strings.NewReader(sql))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(u.User.Username(), password)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("status %d: %s", res.StatusCode, body)
	}
	return strings.TrimSpace(string(body)), nil
}

func mustQuery(t *testing.T, at, sql string) string {
	t.Helper()
	got, err := query(t, at, sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return got
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within a minute: %s", what)
}

// gone reports whether the process has ended; one that waits to be reaped has.
func gone(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || strings.Contains(string(b), ") Z ")
}

func TestEngineLife(t *testing.T) {
	reg := prometheus.NewRegistry()
	cfg := config(t.TempDir())
	cfg.Registerer = reg
	e, err := engine.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- e.Run(ctx) }()

	t.Run("accounts", func(t *testing.T) {
		right, err := url.Parse(e.HTTPURL())
		if err != nil {
			t.Fatal(err)
		}
		for name, who := range map[string]*url.Userinfo{
			"wrong password": url.UserPassword(right.User.Username(), "wrong"),
			"no password":    url.User(right.User.Username()),
			"nobody":         url.UserPassword("nobody", "x"),
		} {
			wrong := *right
			wrong.User = who
			if got, err := query(t, wrong.String(), "SELECT 1"); err == nil {
				t.Errorf("%s: got in: %q", name, got)
			}
		}
		if got := mustQuery(t, e.HTTPURL(), "SELECT 1"); got != "1" {
			t.Errorf("right password: got %q", got)
		}
		anonymous := *right
		anonymous.User = url.User("default")
		for _, sql := range []string{
			"SELECT name FROM system.users", "SELECT count() FROM numbers(3)", "SHOW DATABASES",
			"SELECT * FROM file('/etc/hostname', LineAsString)", "SELECT * FROM url('http://127.0.0.1:1/', LineAsString)",
			"SYSTEM STOP LISTEN HTTP", "SYSTEM SHUTDOWN", "CREATE DATABASE x", "CREATE USER x", "KILL QUERY WHERE 1",
		} {
			if got, err := query(t, anonymous.String(), sql); err == nil {
				t.Errorf("without a password: %s: %q", sql, got)
			}
		}
		for _, f := range []string{"users.xml", "config.xml", "engine.log"} {
			path := filepath.Join(cfg.Dir, f)
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v", f, info.Mode())
			}
			body, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if p, _ := right.User.Password(); strings.Contains(string(body), p) {
				t.Errorf("%s holds the password", f)
			}
		}
		argv, err := os.ReadFile("/proc/" + strconv.Itoa(e.Pid()) + "/cmdline")
		if err != nil {
			t.Skip("no /proc: ", err)
		}
		if p, _ := right.User.Password(); strings.Contains(string(argv), p) {
			t.Error("the command line shows the password")
		}
	})

	t.Run("loopback only", func(t *testing.T) {
		for _, at := range listeners(t, e.Pid()) {
			if !strings.HasPrefix(at, "0100007F:") {
				t.Errorf("listens on %s, which is not 127.0.0.1", at)
			}
		}
	})

	t.Run("limits", func(t *testing.T) {
		if got := mustQuery(t, e.HTTPURL(), "SELECT value FROM system.server_settings WHERE name = 'max_server_memory_usage'"); got != strconv.Itoa(2<<30) {
			t.Errorf("server memory: %s", got)
		}
		if got := mustQuery(t, e.HTTPURL(), "SELECT getSetting('max_memory_usage')"); got != strconv.Itoa(1<<30) {
			t.Errorf("query memory: %s", got)
		}
		if _, err := query(t, e.HTTPURL(), "SELECT length(groupArray(toString(number))) FROM numbers(200000000)"); err == nil {
			t.Error("a query took more memory than it may")
		}
	})

	t.Run("killed", func(t *testing.T) {
		mustQuery(t, e.HTTPURL(), "CREATE DATABASE showrunner")
		mustQuery(t, e.HTTPURL(), "CREATE TABLE showrunner.kept (n UInt64) ENGINE = MergeTree ORDER BY n SETTINGS fsync_after_insert = 1")
		address := e.URL()
		for i := 1; i <= 3; i++ {
			mustQuery(t, e.HTTPURL(), "INSERT INTO showrunner.kept VALUES ("+strconv.Itoa(i)+")")
			pid := e.Pid()
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			eventually(t, "started again", func() bool { return e.Pid() != pid && e.Ready(t.Context()) == nil })
			if got := mustQuery(t, e.HTTPURL(), "SELECT count() FROM showrunner.kept"); got != strconv.Itoa(i) {
				t.Fatalf("after kill %d: %s rows", i, got)
			}
			if e.URL() != address {
				t.Fatal("the address changed")
			}
		}
		eventually(t, "restarts counted", func() bool { return metric(t, reg, "showrunner_engine_restarts_total") == 3 })
	})

	pid := e.Pid()
	cancel()
	if err := <-ran; err != nil {
		t.Errorf("Run: %v", err)
	}
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if !gone(pid) {
		t.Error("the child outlived Close")
	}
	if err := e.Ready(t.Context()); err == nil {
		t.Error("ready after Close")
	}
}

func metric(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	all, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	return -1
}

// listeners are the local addresses, as the kernel writes them, of the listening
// sockets of a process.
func listeners(t *testing.T, pid int) (at []string) {
	t.Helper()
	dir := "/proc/" + strconv.Itoa(pid) + "/fd"
	fds, err := os.ReadDir(dir)
	if err != nil {
		t.Skip("no /proc: ", err)
	}
	inodes := map[string]bool{}
	for _, fd := range fds {
		to, err := os.Readlink(filepath.Join(dir, fd.Name()))
		if err == nil && strings.HasPrefix(to, "socket:[") {
			inodes[strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")] = true
		}
	}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(table)
		if err != nil {
			continue
		}
		for s := bufio.NewScanner(f); s.Scan(); {
			c := strings.Fields(s.Text())
			if len(c) > 9 && c[3] == "0A" && inodes[c[9]] {
				at = append(at, c[1])
			}
		}
		_ = f.Close()
	}
	if len(at) != 2 {
		t.Errorf("listening sockets: %v, want 2", at)
	}
	return at
}

func TestParentDeath(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.Command(self, "parent", dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	var at string
	if _, err := fmt.Fscan(out, &pid, &at); err != nil {
		t.Fatal(err)
	}
	if got := mustQuery(t, at, "SELECT 2"); got != "2" {
		t.Fatalf("got %q", got)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // Killed, so it is an error.
	eventually(t, "child gone after its parent", func() bool { return gone(pid) })
	if _, err := query(t, at, "SELECT 2"); err == nil {
		t.Error("something still answers")
	}
	// The next program starts on the same data with another password.
	e, err := engine.Start(t.Context(), config(dir))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestHung stops a child without ending it: it lives and does not answer.
func TestHung(t *testing.T) {
	cfg := config(t.TempDir())
	cfg.Patience = 3 * time.Second
	e, err := engine.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- e.Run(ctx) }()
	pid := e.Pid()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another child", func() bool { return e.Pid() != pid && e.Ready(t.Context()) == nil })
	if !gone(pid) {
		t.Error("the hung child is still there")
	}
	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestLastWords: the log of a child that crashes ends with why.
func TestLastWords(t *testing.T) {
	dir := t.TempDir()
	e, err := engine.Start(t.Context(), config(dir))
	if err != nil {
		t.Fatal(err)
	}
	pid := e.Pid()
	if err := syscall.Kill(pid, syscall.SIGABRT); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of the child", func() bool { return gone(pid) })
	if err := e.Close(t.Context()); err != nil {
		t.Log(err) // It ended by itself.
	}
	said, err := os.ReadFile(filepath.Join(dir, "engine.log"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(said), "<Fatal>") || !strings.Contains(string(said), "Aborted") {
		t.Errorf("the log has %q", said)
	}
}

func TestStartRefuses(t *testing.T) {
	for name, cfg := range map[string]engine.Config{
		"no directory": {Exec: []string{"x"}, Now: time.Now},
		"no command":   {Dir: t.TempDir(), Now: time.Now},
		"no clock":     {Dir: t.TempDir(), Exec: []string{"x"}},
		"no memory":    {Dir: t.TempDir(), Exec: []string{"x"}, MaxMemory: 1, Now: time.Now},
		"no library":   {Dir: t.TempDir(), Exec: []string{"x"}, LibraryPath: filepath.Join(t.TempDir(), "none.so"), Now: time.Now},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := engine.Start(t.Context(), cfg); err == nil {
				t.Error("started")
			}
		})
	}
}

func TestFindLibrary(t *testing.T) {
	dir := t.TempDir()
	lib := filepath.Join(dir, "my.so")
	if err := os.WriteFile(lib, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(engine.LibraryEnv, lib)
	if got, err := engine.FindLibrary(); err != nil || got != lib {
		t.Errorf("named: %q, %v", got, err)
	}
	t.Setenv(engine.LibraryEnv, filepath.Join(dir, "none"))
	if _, err := engine.FindLibrary(); err == nil {
		t.Error("a named file that is not there was not reported")
	}
	t.Setenv(engine.LibraryEnv, "")
	got, err := engine.FindLibrary()
	if err != nil || filepath.Base(got) != "libchdb.so" {
		t.Errorf("from the working directory: %q, %v", got, err)
	}
	t.Chdir(dir)
	bin := filepath.Join(dir, "clickhouse")
	if err := os.WriteFile(bin, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	if got, err := engine.FindLibrary(); err != nil || got != bin {
		t.Errorf("from the PATH: %q, %v", got, err)
	}
	t.Setenv("PATH", "")
	if _, err := engine.FindLibrary(); !errors.Is(err, engine.ErrNoLibrary) {
		t.Errorf("nowhere: %v", err)
	}
}
