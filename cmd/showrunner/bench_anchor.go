package main

import (
	"bufio"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The servers that bench rooms compares with are built from the module proxy in
// modules of their own, so that they are no dependency of ours.
//
//go:embed anchor
var anchorModules embed.FS

// buildAnchor builds a server and returns the path of its binary.
func buildAnchor(ctx context.Context, dir, name string, stderr io.Writer) (string, error) {
	if _, err := exec.LookPath("go"); err != nil {
		return "", fmt.Errorf("comparing with %s needs the go command: %w", name, err)
	}
	src := filepath.Join(dir, "anchor-"+name)
	if err := os.MkdirAll(src, 0o755); err != nil {
		return "", fmt.Errorf("make a folder: %w", err)
	}
	files, err := anchorModules.ReadDir("anchor/" + name)
	if err != nil {
		return "", fmt.Errorf("no server to compare with is called %q: %w", name, err)
	}
	for _, f := range files {
		b, err := anchorModules.ReadFile("anchor/" + name + "/" + f.Name())
		if err != nil {
			return "", fmt.Errorf("read the module of %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(src, strings.TrimSuffix(f.Name(), ".txt")), b, 0o600); err != nil {
			return "", fmt.Errorf("write the module of %s: %w", name, err)
		}
	}
	target := "."
	if name == "centrifugo" {
		target = "github.com/centrifugal/centrifugo/v5"
	}
	bin := filepath.Join(dir, name)
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	build := exec.CommandContext(ctx, "go", "build", "-mod=mod", "-o", bin, target)
	build.Dir, build.Stderr = src, stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build %s: %w", name, err)
	}
	return bin, nil
}

// anchorServer is a running server to compare with.
type anchorServer struct {
	process *exec.Cmd
	host    string
}

func (a *anchorServer) pid() int { return a.process.Process.Pid }

func (a *anchorServer) kill() {
	_ = a.process.Process.Kill() // Already gone is as good.
	_ = a.process.Wait()
}

// startCentrifuge starts the small server on the library.
func startCentrifuge(ctx context.Context, bin string, delay time.Duration, stderr io.Writer, flags ...string) (*anchorServer, error) {
	a := &anchorServer{process: exec.CommandContext(ctx, bin, append([]string{"-write-delay", delay.String()}, flags...)...)}
	a.process.Stderr = stderr
	out, err := a.process.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start centrifuge: %w", err)
	}
	if err := a.process.Start(); err != nil {
		return nil, fmt.Errorf("start centrifuge: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		a.kill()
		return nil, fmt.Errorf("centrifuge does not listen: %w", err)
	}
	a.host = strings.TrimPrefix(strings.TrimSpace(line), "listening on http://")
	return a, nil
}

// startCentrifugo starts Centrifugo with the memory engine, everybody allowed,
// and its buffers tuned for many connections. With the address of a key set it
// asks for a token that one of the keys has signed.
func startCentrifugo(ctx context.Context, bin, dir, keys string, stderr io.Writer) (*anchorServer, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("find a port: %w", err)
	}
	host := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, fmt.Errorf("find a port: %w", err)
	}
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		return nil, fmt.Errorf("find a port: %w", err)
	}
	config, err := json.Marshal(map[string]any{
		"address": "127.0.0.1", "port": port, "engine": "memory", "log_level": "error", "health": true,
		"allow_anonymous_connect_without_token": keys == "", "token_jwks_public_endpoint": keys, "allowed_origins": []string{"*"},
		"allow_subscribe_for_client": true, "allow_subscribe_for_anonymous": true,
		"allow_publish_for_client": true, "allow_publish_for_anonymous": true,
		"ping_interval": "3600s", "client_channel_limit": 128, "client_queue_max_size": 64 << 20,
		"websocket_use_write_buffer_pool": true, "websocket_read_buffer_size": 512,
	})
	if err != nil {
		return nil, fmt.Errorf("write the configuration of centrifugo: %w", err)
	}
	path := filepath.Join(dir, "centrifugo-"+port+".json")
	if err := os.WriteFile(path, config, 0o600); err != nil {
		return nil, fmt.Errorf("write the configuration of centrifugo: %w", err)
	}
	a := &anchorServer{process: exec.CommandContext(ctx, bin, "--config", path), host: host}
	a.process.Stderr = stderr
	if err := a.process.Start(); err != nil {
		return nil, fmt.Errorf("start centrifugo: %w", err)
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/health", nil)
		if err != nil {
			break
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close() // Only the status counts.
			if res.StatusCode == http.StatusOK {
				return a, nil
			}
		}
	}
	a.kill()
	return nil, fmt.Errorf("centrifugo does not answer on port %s", strconv.Quote(port))
}
