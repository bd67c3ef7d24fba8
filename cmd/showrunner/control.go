package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"showrunner/live"
)

// Commands for who owns the data folder reach the server that runs on it by a
// port of this machine. Its address and a key that is made at each start stand
// in a file of the folder that only its owner can read.

// controlFile is its name below the data folder.
const controlFile = "control.json"

// controlAddress is what stands in the file.
type controlAddress struct {
	URL string `json:"url"`
	Key string `json:"key"`
}

// controlBytes bounds a request and an answer.
const controlBytes = 8 << 20

// controls are what can be asked: the path, and what it does with the request.
func (s *server) controls() map[string]func(ctx context.Context, body []byte) (any, error) {
	return map[string]func(context.Context, []byte) (any, error){
		"/rebuild": controlled(s.rebuild),
		"/backup":  controlled(s.backup),
	}
}

// controlled decodes a request and hands it on.
func controlled[In, Out any](do func(context.Context, *In) (Out, error)) func(context.Context, []byte) (any, error) {
	return func(ctx context.Context, body []byte) (any, error) {
		in := new(In)
		d := json.NewDecoder(bytes.NewReader(body))
		d.DisallowUnknownFields()
		if err := d.Decode(in); err != nil {
			return nil, live.Invalid("invalid_request", "", "the request cannot be read: %v", err)
		}
		return do(ctx, in)
	}
}

// openControl starts to listen to commands.
func (s *server) openControl(ctx context.Context) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen to commands: %w", err)
	}
	at := controlAddress{URL: "http://" + l.Addr().String(), Key: rand.Text()}
	mux := http.NewServeMux()
	for path, do := range s.controls() {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+at.Key)) != 1 {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			s.answer(w, r, do)
		})
	}
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	path := filepath.Join(s.cfg.Data, controlFile)
	raw, err := json.Marshal(at)
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", controlFile, err), l.Close())
	}
	if err := writeWhole(path, raw); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", controlFile, err), l.Close())
	}
	s.life.start(part{name: "control", run: func(ctx context.Context) error {
		// The work of a request ends with the server.
		web.BaseContext = func(net.Listener) context.Context { return ctx }
		ended := make(chan error, 1)
		go func() { ended <- web.Serve(l) }()
		select {
		case err := <-ended:
			return fmt.Errorf("listen to commands: %w", err)
		case <-ctx.Done():
		}
		err := web.Close()
		if serr := <-ended; !errors.Is(serr, http.ErrServerClosed) {
			err = errors.Join(err, serr)
		}
		if rerr := os.Remove(path); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
		return err
	}})
	return nil
}

// writeWhole leaves the old file or the new one, never half of it, and nobody
// but the owner can read it.
func writeWhole(path string, raw []byte) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, raw, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// answer does what was asked and writes what came of it.
func (s *server) answer(w http.ResponseWriter, r *http.Request, do func(context.Context, []byte) (any, error)) {
	body, err := io.ReadAll(io.LimitReader(r.Body, controlBytes))
	var out any
	if err == nil {
		out, err = do(r.Context(), body)
	}
	status := http.StatusOK
	if err != nil {
		status = http.StatusInternalServerError
		answer := controlRefusal{Code: "internal", Message: err.Error()}
		if e, ok := errors.AsType[*live.Error](err); ok {
			status, answer.Code = http.StatusConflict, e.Code
		}
		s.log.WarnContext(r.Context(), "a command of this machine failed", "command", r.URL.Path, "error", err)
		out = answer
	}
	raw, err := json.Marshal(out)
	if err != nil {
		panic("BUG: the answer of a command cannot be encoded: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if _, err := w.Write(raw); err != nil {
		s.log.WarnContext(r.Context(), "the answer of a command was not taken", "command", r.URL.Path, "error", err)
	}
}

// controlRefusal is the answer of what could not be done.
type controlRefusal struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// errNoServer says that no server runs on the data folder.
var errNoServer = errors.New("no server runs on the data folder")

// tellServer sends one command to the server that runs on the folder.
func tellServer(ctx context.Context, data, path string, in, out any) error {
	raw, err := os.ReadFile(filepath.Join(data, controlFile))
	if errors.Is(err, fs.ErrNotExist) {
		return errNoServer
	}
	if err != nil {
		return fmt.Errorf("find the server: %w", err)
	}
	var at controlAddress
	if err := json.Unmarshal(raw, &at); err != nil {
		return fmt.Errorf("find the server: %s: %w", controlFile, err)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("tell the server: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at.URL+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("tell the server: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+at.Key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
			return errNoServer // It was killed, and its file is left.
		}
		return fmt.Errorf("tell the server: %w", err)
	}
	got, err := io.ReadAll(io.LimitReader(res.Body, controlBytes))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return fmt.Errorf("hear the server: %w", err)
	}
	switch res.StatusCode {
	case http.StatusOK:
		if err := json.Unmarshal(got, out); err != nil {
			return fmt.Errorf("hear the server: %w", err)
		}
		return nil
	case http.StatusUnauthorized:
		return errNoServer // Another program has the port of one that was killed.
	}
	var no controlRefusal
	if err := json.Unmarshal(got, &no); err != nil || no.Message == "" {
		return fmt.Errorf("the server answered %s", res.Status)
	}
	return fmt.Errorf("the server could not: %s", no.Message)
}

// tellOrStart tells the server of the data folder, or one that is started for it.
func tellOrStart(ctx context.Context, data, path string, in, out any, stderr io.Writer) (err error) {
	if err := tellServer(ctx, data, path, in, out); !errors.Is(err, errNoServer) {
		return err
	}
	if _, err := os.Stat(data); err != nil {
		return fmt.Errorf("there is no data folder: %w", err)
	}
	c := newServe()
	c.Data, c.Addr, c.LogLevel = data, "127.0.0.1:0", "warn"
	b, err := c.background(ctx, io.Discard, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.stop()) }()
	return tellServer(ctx, data, path, in, out)
}
