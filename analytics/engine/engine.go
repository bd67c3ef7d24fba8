package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/prometheus/client_golang/prometheus"
)

// Engine is one supervised ClickHouse. Its address and password do not change
// while it lives, however often the child is started again.
type Engine struct {
	cfg               Config
	data, config      string
	password          string
	tcpPort, httpPort int
	log               *logFile
	client            *http.Client
	restarts          prometheus.Counter
	up                prometheus.Gauge

	mu     sync.Mutex
	child  *process
	closed bool
}

// Start starts the engine and returns when it answers. The caller must then call
// [Engine.Run], without which a crashed child stays away, and [Engine.Close].
func Start(ctx context.Context, cfg Config) (*Engine, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("engine: place of the data: %w", err)
	}
	cfg.Dir = dir
	if cfg.LibraryPath, err = filepath.Abs(cfg.LibraryPath); err != nil {
		return nil, fmt.Errorf("engine: place of the library: %w", err)
	}
	e := &Engine{
		cfg: cfg, data: filepath.Join(dir, "data"), password: newPassword(),
		client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second},
		restarts: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "showrunner_engine_restarts_total", Help: "Starts of the ClickHouse child after its first.",
		}),
		up: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "showrunner_engine_up", Help: "1 while the ClickHouse child answers.",
		}),
	}
	for _, d := range []string{e.data, filepath.Join(dir, "tmp"), copies(dir)} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("engine: make data directory: %w", err)
		}
	}
	if cfg.Cluster != nil {
		e.password = cfg.Cluster.Password
	}
	if e.config, err = writeFiles(dir, e.password, cfg.MaxMemory, cfg.Cluster); err != nil {
		return nil, err
	}
	if e.log, err = openLog(filepath.Join(dir, "engine.log"), logLimit); err != nil {
		return nil, err
	}
	if err := e.first(ctx); err != nil {
		return nil, errors.Join(err, e.log.Close())
	}
	if cfg.Registerer != nil {
		for _, c := range []prometheus.Collector{e.restarts, e.up} {
			if err := cfg.Registerer.Register(c); err != nil {
				return nil, errors.Join(fmt.Errorf("engine: register metrics: %w", err), e.Close(ctx))
			}
		}
	}
	return e, nil
}

// first tries until the engine answers. Other ports are picked each time: the
// ones before may have been taken between our look and the child's bind.
func (e *Engine) first(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for pause := newPause(); ; {
		err := e.pickPorts()
		if err == nil {
			err = e.launch(ctx)
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w; its log ends: %s", err, e.log.tail(2000))
		case <-time.After(pause.NextBackOff()):
		}
	}
}

func newPause() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = 100*time.Millisecond, 10*time.Second
	return b
}

func (e *Engine) pickPorts() error {
	if c := e.cfg.Cluster; c != nil { // The others know them.
		e.tcpPort, e.httpPort = c.Shards[c.Self].TCPPort, c.Shards[c.Self].HTTPPort
		return nil
	}
	ports := make([]int, 2)
	for i := range ports {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("engine: pick a port: %w", err)
		}
		// Held until both are picked, so that they differ.
		defer func() { _ = l.Close() }()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	e.tcpPort, e.httpPort = ports[0], ports[1]
	return nil
}

// launch starts one child and waits until it answers or ends.
func (e *Engine) launch(ctx context.Context) error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return errClosed
	}
	p, err := e.spawn()
	if err == nil {
		e.child = p
	}
	e.mu.Unlock()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.done:
			return fmt.Errorf("engine: the child ended before it answered: %w", errOf(p))
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("engine: the child does not answer: %w", ctx.Err()), p.stop(ctx, 0))
		case <-tick.C:
			if e.ask(ctx) == nil {
				e.up.Set(1)
				return nil
			}
		}
	}
}

var errClosed = errors.New("engine: closed")

func errOf(p *process) error {
	if p.err != nil {
		return p.err
	}
	return errors.New("exit status 0")
}

// Run watches over the child until ctx ends and starts it again, with back-off,
// whenever it ends. It returns nil when ctx ends or the engine is closed.
func (e *Engine) Run(ctx context.Context) error {
	pause := newPause()
	for {
		p := e.current()
		since := e.cfg.Now()
		if err := e.watch(ctx, p); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		e.up.Set(0)
		if e.isClosed() {
			return nil
		}
		e.cfg.Logger.ErrorContext(ctx, "engine child ended", "error", errOf(p), "pid", p.pid)
		// A child that had been running well is not a crash loop.
		if e.cfg.Now().Sub(since) > time.Minute {
			pause.Reset()
		}
		for {
			e.restarts.Inc()
			err := e.launch(ctx)
			if err == nil {
				e.cfg.Logger.InfoContext(ctx, "engine child started again", "pid", e.Pid())
				break
			}
			if errors.Is(err, errClosed) || ctx.Err() != nil {
				return nil
			}
			wait := pause.NextBackOff()
			e.cfg.Logger.ErrorContext(ctx, "engine child did not start", "error", err, "wait_ms", wait.Milliseconds())
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(wait):
			}
		}
	}
}

// watch returns when the child has ended or ctx has. It ends a child that
// lives without answering.
func (e *Engine) watch(ctx context.Context, p *process) error {
	tick := time.NewTicker(e.cfg.Patience / 6)
	defer tick.Stop()
	for missed := 0; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-p.done:
			return nil
		case <-tick.C:
		}
		asking, cancel := context.WithTimeout(ctx, e.cfg.Patience/3)
		err := e.ask(asking)
		cancel()
		switch {
		case err == nil:
			missed = 0
			e.up.Set(1)
		case missed >= 6 && p.alive() && ctx.Err() == nil:
			e.cfg.Logger.ErrorContext(ctx, "engine child does not answer, killing it", "error", err, "pid", p.pid)
			if err := p.stop(ctx, 0); err != nil {
				return err
			}
		default:
			missed++
			e.up.Set(0)
		}
	}
}

func (e *Engine) current() *process {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.child
}

func (e *Engine) isClosed() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closed
}

// Pid is the process id of the present child.
func (e *Engine) Pid() int { return e.current().pid }

// URL is the native-protocol address with its account and [Database], in the
// form clickhouse://user:password@127.0.0.1:port/showrunner. It is a secret.
func (e *Engine) URL() string { return e.address("clickhouse", e.tcpPort) }

// Copies is the folder in which BACKUP … TO File('name') makes its copy and RESTORE
// finds it.
func (e *Engine) Copies() string { return copies(e.cfg.Dir) }

// HTTPURL is the HTTP address with its account and [Database]. It is a secret.
func (e *Engine) HTTPURL() string { return e.address("http", e.httpPort) }

func (e *Engine) address(scheme string, port int) string {
	u := url.URL{
		Scheme: scheme, User: url.UserPassword(user, e.password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Path: "/" + Database,
	}
	return u.String()
}

// Ready asks the engine for an answer and says why there is none.
func (e *Engine) Ready(ctx context.Context) error {
	if p := e.current(); !p.alive() {
		return fmt.Errorf("engine: the child is away: %w", errOf(p))
	}
	return e.ask(ctx)
}

func (e *Engine) ask(ctx context.Context) error {
	at := "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(e.httpPort)) + "/"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, strings.NewReader("SELECT 1"))
	if err != nil {
		return fmt.Errorf("engine: make request: %w", err)
	}
	req.SetBasicAuth(user, e.password)
	res, err := e.client.Do(req)
	if err != nil {
		return fmt.Errorf("engine: ask: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("engine: ask: status %d", res.StatusCode)
	}
	// HTTP opens before the native port; the engine is ready with both.
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(e.tcpPort)))
	if err != nil {
		return fmt.Errorf("engine: native port: %w", err)
	}
	return c.Close()
}

// Close ends the child: its input is closed and it is given five seconds to
// shut down cleanly, then it is killed. It may be called more than once.
func (e *Engine) Close(ctx context.Context) error {
	e.mu.Lock()
	again := e.closed
	e.closed = true
	p := e.child
	e.mu.Unlock()
	if again || p == nil {
		return nil
	}
	e.up.Set(0)
	return errors.Join(p.stop(ctx, closePatience), e.log.Close())
}
