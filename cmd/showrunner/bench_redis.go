package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// errNoRedis says that there is nothing to compare with.
var errNoRedis = errors.New("no redis-server was found on this machine")

// redisServer is a Redis that writes every command to disk before it answers.
type redisServer struct {
	process *exec.Cmd
	addr    string
}

func startRedis(ctx context.Context, dir string) (*redisServer, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errNoRedis
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("find a free port: %w", err)
	}
	s := &redisServer{addr: l.Addr().String()}
	if err := l.Close(); err != nil {
		return nil, fmt.Errorf("find a free port: %w", err)
	}
	_, port, _ := strings.Cut(s.addr, ":")
	s.process = exec.CommandContext(context.WithoutCancel(ctx), path, "--port", port, "--bind", "127.0.0.1", "--dir", dir,
		"--save", "", "--appendonly", "yes", "--appendfsync", "always", "--maxclients", "4096", "--loglevel", "warning")
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("start Redis: %w", err)
	}
	for range 100 {
		var c *redisConn
		if c, err = s.dial(ctx); err == nil {
			_, err = c.do(redisCommand("PING"))
			c.close()
		}
		if err == nil {
			return s, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil, errors.Join(fmt.Errorf("redis does not answer: %w", err), s.stop())
}

func (s *redisServer) stop() error {
	if err := s.process.Process.Kill(); err != nil {
		return fmt.Errorf("stop Redis: %w", err)
	}
	_ = s.process.Wait() // It was killed: it does not end well.
	return nil
}

// redisConn speaks as much of the protocol as a counter needs.
type redisConn struct {
	conn net.Conn
	in   *bufio.Reader
}

// redisCommand is a command as it goes over the wire, made once and sent often:
// the client should cost Redis nothing.
func redisCommand(words ...string) []byte {
	out := fmt.Appendf(nil, "*%d\r\n", len(words))
	for _, w := range words {
		out = fmt.Appendf(out, "$%d\r\n%s\r\n", len(w), w)
	}
	return out
}

func (s *redisServer) dial(ctx context.Context) (*redisConn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return nil, fmt.Errorf("connect to Redis: %w", err)
	}
	return &redisConn{conn: conn, in: bufio.NewReaderSize(conn, 256)}, nil
}

func (c *redisConn) close() { _ = c.conn.Close() } // The server is about to be killed.

// do sends a command and reads an answer of one line: a status or an integer.
func (c *redisConn) do(command []byte) (int64, error) {
	if _, err := c.conn.Write(command); err != nil {
		return 0, fmt.Errorf("write to Redis: %w", err)
	}
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, fmt.Errorf("read from Redis: %w", err)
	}
	line = bytes.TrimSuffix(line, []byte("\r\n"))
	switch {
	case bytes.HasPrefix(line, []byte("+")):
		return 0, nil
	case bytes.HasPrefix(line, []byte(":")):
		return strconv.ParseInt(string(line[1:]), 10, 64)
	}
	return 0, fmt.Errorf("redis says: %s", line)
}
