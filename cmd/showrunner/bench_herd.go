package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"

	"showrunner/cmd/showrunner/crowd"
	"showrunner/live"
)

const (
	herdServers = 2
	herdMissed  = 100 // comments while the herd is away
	herdRate    = 20  // of them a second
	// herdWord is how often something is pinned and announced while it returns.
	herdWord = 250 * time.Millisecond
	// herdWithin is how long anything may take before the bench gives up on it.
	herdWithin = 3 * time.Minute
)

// herd lets the viewers of two servers lose their connection all at once, as
// when a proxy is started again, and come back with what they saw last, while
// others stay and the show goes on.
func (b *roomsBench) herd(ctx context.Context, dir string) (err error) {
	a, end, err := b.hugeServers(ctx, dir, herdServers)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	each := b.cmd.Herd / herdServers
	stay := min(500, each/4)
	jobs, err := a.herdJobs(stay, 40, "s", "")
	if err != nil {
		return err
	}
	stayers, err := b.herdCrowds(ctx, jobs)
	defer func() { closeCrowds(stayers) }()
	if err != nil {
		return err
	}
	if jobs, err = a.herdJobs(each, 10, "v", ""); err != nil {
		return err
	}
	first, err := b.herdCrowds(ctx, jobs)
	defer func() { closeCrowds(first) }()
	if err != nil {
		return err
	}
	h := &herd{Viewers: each * herdServers, Stayed: stay * herdServers, Missed: herdMissed}
	b.say("%-18s %6d viewers on %d servers, %d of them will stay", a.name, h.Viewers+h.Stayed, herdServers, h.Stayed)
	if h.ViewsBefore, err = a.views(ctx, int64(h.Viewers+h.Stayed)); err != nil {
		return err
	}
	time.Sleep(time.Second) // What was said until here has reached everybody.
	w, err := a.witness(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	for _, c := range stayers {
		if _, err := c.ask(crowdReset); err != nil {
			return err
		}
	}
	closeCrowds(first)
	first = nil
	p, err := a.publisher(ctx, herdRate)
	if err != nil {
		return err
	}
	if _, err := p.speak(ctx, herdRate, 0, herdMissed*time.Second/herdRate); err != nil {
		return errors.Join(err, p.close())
	}
	if err := p.close(); err != nil {
		return err
	}
	if err := w.until(ctx, herdMissed); err != nil {
		return err
	}
	time.Sleep(time.Second)
	before, err := tallyOf(stayers)
	if err != nil {
		return err
	}
	back, err := b.herdReturn(ctx, a, h, w, each)
	defer func() { closeCrowds(back) }()
	if err != nil {
		return err
	}
	return b.herdCount(ctx, a, h, w, back, stayers, &before)
}

// herdJobs are those of a crowd on each server. The names of the viewers begin
// with name, their address ends with the host; since is where they stood, or empty.
func (a *arena) herdJobs(each, host int, name, since string) ([]crowdJob, error) {
	var jobs []crowdJob
	for i := range a.hosts {
		job := crowdJob{Clients: each, Host: a.hosts[i], Room: a.room, Query: "channel=bench", Source: "127.0.0." + strconv.Itoa(host+i), Within: herdWithin.Seconds()}
		if since != "" {
			job.Query += "&since=" + url.QueryEscape(since)
		}
		for n := range each {
			token, err := a.stage.token(live.RoleViewer, name+strconv.Itoa(i)+"-"+strconv.Itoa(n))
			if err != nil {
				return nil, err
			}
			job.Tokens = append(job.Tokens, token)
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}

// herdCrowds lets crowds in, all at the same time.
func (b *roomsBench) herdCrowds(ctx context.Context, jobs []crowdJob) ([]*crowdProcess, error) {
	crowds, faults := make([]*crowdProcess, len(jobs)), make([]error, len(jobs))
	var joining sync.WaitGroup
	for i := range jobs {
		joining.Go(func() { crowds[i], faults[i] = startCrowd(ctx, &jobs[i], b.stderr) })
	}
	joining.Wait()
	crowds = slices.DeleteFunc(crowds, func(c *crowdProcess) bool { return c == nil })
	return crowds, errors.Join(faults...)
}

// herdReturn lets the herd come back while something is pinned and announced
// again and again.
func (b *roomsBench) herdReturn(ctx context.Context, a *arena, h *herd, w *witness, each int) ([]*crowdProcess, error) {
	jobs, err := a.herdJobs(each, 20, "v", w.since)
	if err != nil {
		return nil, err
	}
	over := make(chan struct{})
	var words sync.WaitGroup
	var saying error
	words.Go(func() { h.Words, saying = a.words(ctx, over) })
	began := time.Now()
	back, err := b.herdCrowds(ctx, jobs)
	h.Seconds = time.Since(began).Seconds()
	b.say("%-18s %6d viewers were back after %.2f s", a.name, h.Viewers, h.Seconds)
	time.Sleep(2 * herdWord)
	close(over)
	words.Wait()
	return back, errors.Join(err, saying)
}

// herdCount waits until all was heard, and holds everybody against the witness.
func (b *roomsBench) herdCount(ctx context.Context, a *arena, h *herd, w *witness, back, stayers []*crowdProcess, before *crowd.Tally) error {
	want := int64(herdMissed + h.Words)
	if err := w.until(ctx, want); err != nil {
		return err
	}
	heard := w.chain().Sum()
	var returned, stayed crowd.Tally
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		var err error
		if returned, err = tallyOf(back); err != nil {
			return err
		}
		if stayed, err = tallyOf(stayers); err != nil {
			return err
		}
		if returned.Heard[heard] == h.Viewers && stayed.Heard[heard] == h.Stayed || time.Now().After(end) {
			break
		}
	}
	for late, n := range before.Late {
		stayed.Late[late] -= n // Only what was said during the return.
	}
	h.take(&returned, &stayed, heard, want)
	time.Sleep(2 * time.Second) // Who returns is a fact, too, that is on its way.
	var err error
	if h.ViewsAfter, err = a.views(ctx, h.ViewsBefore); err != nil {
		return err
	}
	b.say("%-18s %d lost, %d twice, %d of %d in the right order; %d views more; who stayed heard %d words: p50 %.0f p99 %.0f ms", a.name,
		h.Lost, h.Twice, h.InOrder, h.Viewers+h.Stayed, h.ViewsAfter-h.ViewsBefore, h.Words, h.P50, h.P99)
	b.out.Herd = h
	return nil
}

// words pins a product and announces something every while until over, and
// returns how many announcements there were, each marked with when it was due.
func (a *arena) words(ctx context.Context, over <-chan struct{}) (n int, err error) {
	ws, err := a.dial(ctx, 0)
	if err != nil {
		return 0, err
	}
	defer func() { _ = ws.CloseNow() }() // It has said what it had to.
	answers := make(chan error)
	say := func(kind live.CommandName, data map[string]any) error {
		id := fmt.Sprintf("%s-%s-%d", a.stage.name, kind, n)
		data["command_id"] = id
		frame, err := json.Marshal(map[string]any{"id": id, "type": kind, "data": data})
		if err != nil {
			return fmt.Errorf("say a word: %w", err)
		}
		go func() { answers <- answered(ctx, ws, id) }()
		return errors.Join(ws.Write(ctx, websocket.MessageText, frame), <-answers)
	}
	tick := time.NewTicker(herdWord)
	defer tick.Stop()
	for {
		if err := say(live.PinProduct, map[string]any{"product_id": "product-" + strconv.Itoa(n%2+1)}); err != nil {
			return n, err
		}
		if err := say(live.Announce, map[string]any{"text": crowd.Text(time.Now().UnixNano(), 0)}); err != nil {
			return n, err
		}
		n++
		select {
		case <-tick.C:
		case <-over:
			return n, nil
		case <-ctx.Done():
			return n, ctx.Err()
		}
	}
}

// answered reads up to the ack of a frame.
func answered(ctx context.Context, ws *websocket.Conn, id string) error {
	for {
		_, raw, err := ws.Read(ctx)
		if err != nil {
			return fmt.Errorf("wait for an ack: %w", err)
		}
		var f struct {
			Type  string          `json:"type"`
			ID    string          `json:"id"`
			OK    bool            `json:"ok"`
			Error json.RawMessage `json:"error"`
		}
		if json.Unmarshal(raw, &f) == nil && f.Type == "ack" && f.ID == id {
			if !f.OK {
				return fmt.Errorf("%s was refused: %s", id, f.Error)
			}
			return nil
		}
	}
}

// views is watch_pv of the show once it is at least so many and every fact that
// was taken before the question is counted.
func (a *arena) views(ctx context.Context, least int64) (int64, error) {
	token, err := a.stage.token(live.RoleMerchant, "owner")
	if err != nil {
		return 0, err
	}
	var snap struct {
		Metrics struct {
			Views    int64 `json:"watch_pv"`
			Comments int64 `json:"comment_pv"`
		} `json:"metrics"`
	}
	read := func() error {
		return a.stage.api.do(ctx, simCall{Method: http.MethodGet, Path: "/v1/shows/" + string(a.stage.show) + "/snapshot", Token: token}, &snap)
	}
	// A comment behind the facts: what counts it has counted them.
	if err := read(); err != nil {
		return 0, err
	}
	before := snap.Metrics.Comments
	integration, err := a.stage.token(live.RoleIntegration, "crm")
	if err != nil {
		return 0, err
	}
	remark := fmt.Sprintf("%s-%d", a.stage.name, time.Now().UnixNano())
	if err := a.stage.api.do(ctx, simCall{
		Method: http.MethodPost, Path: "/v1/events", Token: integration, Key: remark,
		Body: []map[string]any{{"event_id": remark, "type": live.CommentSent, "source": "bench", "room_id": a.room, "show_id": a.stage.show, "user_id": "remarker", "data": map[string]any{"text": "and?"}}},
	}, nil); err != nil {
		return 0, err
	}
	for end := time.Now().Add(herdWithin); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if err := read(); err != nil {
			return 0, err
		}
		if snap.Metrics.Comments > before && snap.Metrics.Views >= least {
			return snap.Metrics.Views, nil
		}
	}
	return snap.Metrics.Views, nil
}
