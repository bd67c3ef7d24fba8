// Package pgtest runs a real PostgreSQL for tests: a cluster of its own in a
// temporary folder, on a loopback port, with fsync on as in production. It needs
// the server's binaries on the machine and nothing else; [Start] says so with
// [ErrMissing] when they are not there.
package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrMissing says that the machine has no PostgreSQL to run.
var ErrMissing = errors.New("no PostgreSQL server was found on this machine")

// account owns the cluster's folder and process when the tests run as root:
// PostgreSQL refuses to.
const account = "postgres"

// Server is one running PostgreSQL.
type Server struct {
	bin, dir string
	port     int
	as       *syscall.Credential // nil: the account of the test
	process  *exec.Cmd
	said     *bytes.Buffer
	made     int
}

// Start makes a cluster and starts it. End it with [Server.Stop].
func Start(ctx context.Context) (_ *Server, err error) {
	s := &Server{}
	if s.bin, err = find(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "showrunner-postgres-"); err != nil {
		return nil, fmt.Errorf("make a folder for PostgreSQL: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	if os.Geteuid() == 0 {
		if err := s.borrow(); err != nil {
			return nil, err
		}
	}
	initdb := s.command(ctx, "initdb", "-D", s.data(), "-U", account, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	if s.port, err = freePort(ctx); err != nil {
		return nil, err
	}
	return s, s.Run(ctx)
}

// find is the folder of the newest PostgreSQL installed.
func find() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path), nil
	}
	// Where Debian puts the versions, out of the PATH.
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "", ErrMissing
	}
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(found[len(found)-1]), nil
}

func version(path string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	if err != nil {
		return 0 // A folder that is no version is the last choice.
	}
	return n
}

// borrow takes the account that may run PostgreSQL.
func (s *Server) borrow() error {
	u, err := user.Lookup(account)
	if err != nil {
		return fmt.Errorf("find an account for PostgreSQL, which does not run as root: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return fmt.Errorf("read uid of %s: %w", account, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return fmt.Errorf("read gid of %s: %w", account, err)
	}
	s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chown(s.dir, int(uid), int(gid)); err != nil {
		return fmt.Errorf("give the folder to %s: %w", account, err)
	}
	return nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	return cmd
}

func freePort(ctx context.Context) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

// Run starts the server on its cluster, again after [Server.Kill], and waits
// until it answers.
func (s *Server) Run(ctx context.Context) error {
	s.said = &bytes.Buffer{}
	// It outlives ctx, which only bounds the start.
	s.process = s.command(context.WithoutCancel(ctx), "postgres", "-D", s.data(), "-p", strconv.Itoa(s.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=on", "-c", "synchronous_commit=on",
		"-c", "shared_buffers=64MB", "-c", "log_min_messages=fatal")
	s.process.Stderr = s.said
	if err := s.process.Start(); err != nil {
		s.process = nil
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	var err error
	// After a crash it syncs every file of its folder first: on a busy disk, and
	// with a database for each test, that takes more than half a minute.
	for range 2400 {
		var conn *pgx.Conn
		if conn, err = pgx.Connect(ctx, s.URL("postgres")); err == nil {
			return conn.Close(ctx)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("PostgreSQL does not answer: %w", err)
}

// Kill ends the server at once, as a crash does: nothing is flushed.
func (s *Server) Kill() error {
	if s.process == nil {
		return nil
	}
	// SIGQUIT is PostgreSQL's own immediate shutdown: it takes the children along.
	if err := s.process.Process.Signal(syscall.SIGQUIT); err != nil {
		return fmt.Errorf("kill PostgreSQL: %w", err)
	}
	_ = s.process.Wait() // It was killed: it does not end well.
	s.process = nil
	return nil
}

// Stop ends the server and removes its cluster.
func (s *Server) Stop() error { return errors.Join(s.Kill(), os.RemoveAll(s.dir)) }

// URL is the address of a database of the server.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", account, s.port, database)
}

// Database makes an empty database and returns its address.
func (s *Server) Database(ctx context.Context) (string, error) {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return "", fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	s.made++
	name := fmt.Sprintf("test%d", s.made)
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name)
	if err = errors.Join(err, conn.Close(ctx)); err != nil {
		return "", fmt.Errorf("make a database: %w", err)
	}
	return s.URL(name), nil
}
