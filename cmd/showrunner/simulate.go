package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"showrunner/gateway/auth"
	"showrunner/live"
	"showrunner/live/sim"
)

// SimulateCmd plays a realistic show against a running server, over the public
// API alone: HTTP, websockets and signed webhooks. It keeps its own books from
// what the server acknowledged, survives a server that is killed and comes back,
// and at the end compares every figure with report, snapshot and ledger.
type SimulateCmd struct {
	URL      string  `required:"" help:"Address of the server, such as http://127.0.0.1:8080."`
	Data     string  `required:"" type:"path" help:"Data folder of the server; its keys sign the tokens of the cast."`
	Viewers  int     `default:"300" help:"Viewers of the show, 1 to 100000."`
	Minutes  int     `default:"10" help:"Length of the show in its own minutes, 1 to 1440."`
	Speed    float64 `default:"60" help:"How many show minutes pass in one real minute, 0.1 to 1000."`
	Seed     uint64  `default:"1" help:"Seed of the show; the same seed plays the same show."`
	Room     string  `help:"Room to play in; made if it does not exist, a new one each time without it."`
	Merchant string  `default:"sim-merchant" help:"Merchant whose show it is."`
	Out      string  `type:"path" help:"File for the comparison as JSON, beside the table on standard output."`
}

// simSource is the shop platform of the simulation.
const simSource = "sim-shop"

// simPatience is how long one acknowledgement may take, restarts of the server
// included, before the run gives up.
const simPatience = 2 * time.Minute

// simRun is one run of the simulation.
type simRun struct {
	cmd    *SimulateCmd
	script *sim.Script
	tally  *sim.Tally
	tokens *auth.Auth
	ttl    time.Duration
	api    *simAPI
	shop   *simShop
	dials  chan struct{} // bounds handshakes under way

	name     string // unique per run; prefix of every id
	room     live.RoomID
	hostName string // of an existing room; empty: one of our own
	show     live.ShowID
	began    time.Time // start of the show by our clock

	operator, host *simSocket
	eyes           simEyes
	pulse          simPulse
	spam           simSpam
	benefits       simBenefits
	acting         sync.WaitGroup // persons with acts to come
	watching       sync.WaitGroup // persons in the room
	aftermath      sync.WaitGroup // orders whose story is not over
	onAir          chan struct{}  // closed when the show has started and began is set
	finale         chan struct{}  // closed when everybody has acted and the show may end
	ending         chan struct{}  // closed just before the show is told to end
	over           chan struct{}  // closed when the show has ended

	online, reconnects, soldOut, retries, muted, prompts, prompted, hostLost atomic.Int64
	// Bounds of the watch time in ms: what the server must have seen at least, and
	// how long people were there at most.
	watchLow, watchHigh atomic.Int64
	notes               simNotes
}

// simNotes gathers what went wrong on the way; the run goes on and fails at the end.
type simNotes struct {
	mu    sync.Mutex
	first []string
	count int
}

// maxNotes is how many faults are told; more of the same say nothing new.
const maxNotes = 20

func (n *simNotes) add(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.count++
	if len(n.first) < maxNotes {
		n.first = append(n.first, fmt.Sprintf(format, args...))
	}
}

func (n *simNotes) all() (first []string, count int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.first...), n.count
}

// Execute plays the show and returns an error if any figure differs, an event
// was lost or doubled on its way to a viewer, or the show could not be played.
func (c *SimulateCmd) Execute(ctx context.Context, stdout, stderr io.Writer) error {
	r, err := c.prepare()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := r.stage(ctx); err != nil {
		return fmt.Errorf("set the stage: %w", err)
	}
	fmt.Fprintf(stderr, "simulate: %d viewers, %d minutes at x%g, seed %d, room %s, show %s\n",
		c.Viewers, c.Minutes, c.Speed, c.Seed, r.room, r.show)
	progress := make(chan struct{})
	go func() {
		defer close(progress)
		r.progress(ctx, stderr)
	}()
	err = r.play(ctx)
	cancelled := ctx.Err()
	if err == nil {
		err = r.verify(ctx, stdout, stderr)
	} else {
		faults, _ := r.notes.all()
		for _, f := range faults {
			fmt.Fprintf(stderr, "simulate: FAULT %s\n", f)
		}
	}
	cancel()
	<-progress
	return errors.Join(err, cancelled)
}

func (c *SimulateCmd) prepare() (*simRun, error) {
	base, err := url.Parse(c.URL)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, fmt.Errorf("%w: --url must be http://HOST:PORT", errUsage)
	}
	if c.Speed < 0.1 || c.Speed > 1000 {
		return nil, fmt.Errorf("%w: --speed must be 0.1 to 1000", errUsage)
	}
	if c.Merchant == "" {
		c.Merchant = "sim-merchant"
	}
	if !live.ValidID(c.Merchant) || c.Room != "" && !live.ValidID(c.Room) {
		return nil, fmt.Errorf("%w: --merchant and --room must be identifiers", errUsage)
	}
	script, err := sim.New(sim.Config{Seed: c.Seed, Viewers: c.Viewers, Minutes: c.Minutes})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	tokens, err := auth.Open(auth.Config{Dir: c.Data, Now: func() time.Time { return time.Now().UTC() }})
	if err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	name := "sim-" + strings.ToLower(rand.Text()[:10])
	r := &simRun{
		cmd: c, script: script, tally: sim.NewTally(), tokens: tokens, name: name, room: live.RoomID(c.Room),
		ttl:   min(2*time.Hour+2*time.Duration(float64(script.Length)/c.Speed), auth.MaxTTL),
		dials: make(chan struct{}, 64), onAir: make(chan struct{}), finale: make(chan struct{}), ending: make(chan struct{}), over: make(chan struct{}),
	}
	if r.room == "" {
		r.room = live.RoomID(name)
	}
	r.api = newSimAPI(strings.TrimRight(c.URL, "/"), &r.retries)
	return r, nil
}

// token signs a token of the cast.
func (r *simRun) token(role live.Role, subject, name string) (string, error) {
	t, err := r.tokens.Issue(live.Principal{Subject: subject, Name: name, Role: role, Merchant: live.MerchantID(r.cmd.Merchant)}, r.ttl)
	if err != nil {
		return "", fmt.Errorf("sign token of %s: %w", subject, err)
	}
	return t, nil
}

// at is the real instant of an offset of the script.
func (r *simRun) at(offset time.Duration) time.Time {
	return r.began.Add(r.real(offset))
}

// real is how long a stretch of show time takes.
func (r *simRun) real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / r.cmd.Speed)
}

// play runs the cast until every story is told.
func (r *simRun) play(ctx context.Context) error {
	crew := make(chan error, 1)
	r.acting.Add(len(r.script.People))
	r.watching.Add(len(r.script.People))
	go func() { crew <- r.direct(ctx) }()
	select {
	case <-r.onAir:
	case err := <-crew:
		return fmt.Errorf("start the show: %w", err)
	}
	impressions := make(chan error, 1)
	go func() { impressions <- r.impress(ctx) }()
	for i := range r.script.People {
		p := &r.script.People[i]
		if err := sleepUntil(ctx, r.at(p.Arrive)); err != nil {
			return err
		}
		go r.viewer(ctx, p)
	}
	if err := waitFor(ctx, &r.acting); err != nil {
		return err
	}
	if err := <-impressions; err != nil {
		return fmt.Errorf("tell the impressions: %w", err)
	}
	// The crew waits for all that before it ends the show.
	close(r.finale)
	if err := <-crew; err != nil {
		return fmt.Errorf("direct the show: %w", err)
	}
	if err := waitFor(ctx, &r.watching); err != nil {
		return err
	}
	return waitFor(ctx, &r.aftermath)
}
