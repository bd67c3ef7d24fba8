package moderation

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"showrunner/live"
)

// sourceSystem is the source of what Showrunner states itself.
const sourceSystem = "system"

// Ingest makes facts durable: live/ingest.
type Ingest interface {
	Ingest(ctx context.Context, door live.Origin, events []live.Event) ([]live.Receipt, error)
}

// Rules is what the rooms have decided: live/store. What is not asked of a
// database is answered from memory.
type Rules interface {
	// Rules of a room; the same value until they change, and never nil.
	Rules(room live.RoomID) *live.RoomRules
	Muted(room live.RoomID, person live.PersonID, at time.Time) (until time.Time, muted bool)
	// Banned refuses a person who was kicked or blocked.
	Banned(ctx context.Context, merchant live.MerchantID, room live.RoomID, person live.PersonID) error
	Follows(ctx context.Context, merchant live.MerchantID, person live.PersonID) (bool, error)
	OnAir(room live.RoomID) (live.Show, bool)
}

// Config is what a [Desk] works with. Logger and Registerer may be nil.
type Config struct {
	Ingest     Ingest
	Rules      Rules
	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// How often the panels are told what was left out, and the least time between
// two answers of a room to one keyword: a crowd that asks gets one answer.
const (
	tellEvery  = 5 * time.Second
	replyEvery = 5 * time.Second
	replyQueue = 1024
)

// Desk stands before ingest. Its methods may be called from many goroutines.
type Desk struct {
	cfg     Config
	slow    *slow
	tally   tally
	dropped *prometheus.CounterVec
	replies chan live.Event
	bans    bans

	mu       sync.Mutex
	compiled map[live.RoomID]*compiled
	answered map[answer]time.Time
}

// compiled is the rules of a room as they are looked up.
type compiled struct {
	of      *live.RoomRules
	blocked *words
	replies *words
}

type answer struct {
	room    live.RoomID
	keyword string
}

// New makes a desk. It works at once; [Desk.Run] tells what it counted.
func New(cfg Config) *Desk {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Desk{
		cfg: cfg, slow: newSlow(), tally: tally{since: cfg.Now()}, replies: make(chan live.Event, replyQueue),
		compiled: map[live.RoomID]*compiled{}, answered: map[answer]time.Time{},
		dropped: promauto.With(cfg.Registerer).NewCounterVec(prometheus.CounterOpts{
			Namespace: "showrunner", Name: "dropped_total", Help: "What viewers sent and was not taken, by reason.",
		}, []string{"reason"}),
	}
}

// Ingest takes facts in as ingest does, but for words that the rules of their
// room refuse: those are rejected with "muted", "mute_all", "comments_off",
// "slow_mode", "followers_only", "blocked_keyword", "kicked" or "blocked".
func (d *Desk) Ingest(ctx context.Context, door live.Origin, events []live.Event) ([]live.Receipt, error) {
	if door&live.FromHistory != 0 {
		return d.cfg.Ingest.Ingest(ctx, door, events)
	}
	refused, undo, err := d.judge(ctx, events)
	if err != nil {
		return nil, err
	}
	if refused == nil && undo == nil {
		return d.cfg.Ingest.Ingest(ctx, door, events) // Nearly always: nothing of what was said has rules.
	}
	taken := make([]live.Event, 0, len(events))
	for i := range events {
		if refused[i] == nil {
			taken = append(taken, events[i])
		}
	}
	var receipts []live.Receipt
	if len(taken) > 0 {
		if receipts, err = d.cfg.Ingest.Ingest(ctx, door, taken); err != nil {
			for _, back := range undo {
				back()
			}
			return nil, err
		}
	}
	out := make([]live.Receipt, 0, len(events))
	for i := range events {
		if e := refused[i]; e != nil {
			out = append(out, live.Receipt{EventID: events[i].ID, Status: live.Rejected, Err: e})
			continue
		}
		r := receipts[0]
		receipts = receipts[1:]
		if back := undo[i]; back != nil && r.Status == live.Rejected {
			back()
		}
		if r.Status == live.Accepted && events[i].Kind == live.CommentSent {
			d.answer(&events[i], r.EventID)
		}
		out = append(out, r)
	}
	return out, nil
}

// judge holds words against the rules of their rooms. Both maps are nil when
// none of the facts is words in a room that has rules.
func (d *Desk) judge(ctx context.Context, events []live.Event) (refused map[int]*live.Error, undo map[int]func(), err error) {
	for i := range events {
		e := &events[i]
		if !e.Kind.Speech() || e.Room == "" {
			continue
		}
		if undo == nil {
			refused, undo = map[int]*live.Error{}, map[int]func(){}
		}
		back, err := d.words(ctx, e)
		if no, ok := refusal(err); ok {
			d.Dropped(Place{e.Merchant, e.Room}, no.Code, 1)
			refused[i] = no
			continue
		}
		if err != nil {
			for _, back := range undo {
				back()
			}
			return nil, nil, err
		}
		if back != nil {
			undo[i] = back
		}
	}
	return refused, undo, nil
}

// words judges one comment or question. Staff are exempt from what binds
// viewers: a moderator must be able to speak in the storm they are to calm.
func (d *Desk) words(ctx context.Context, e *live.Event) (undo func(), err error) {
	r := d.rules(e.Room)
	if r.of.Modes.CommentsOff && e.Kind == live.CommentSent {
		return nil, live.Forbidden("comments_off", "comments are closed in this room")
	}
	if e.Actor.Role != live.RoleViewer && e.Actor.Role != "" {
		return nil, nil
	}
	now := d.cfg.Now()
	if err := d.may(ctx, e, r, now); err != nil {
		return nil, err
	}
	if r.blocked != nil {
		var words struct {
			Text string `json:"text"`
		}
		if json.Unmarshal(e.Data, &words) == nil { // What is no object, ingest refuses.
			p, found := plainOf(words.Text), false
			r.blocked.in(&p, func(int) bool { found = true; return true })
			if found {
				return nil, live.Invalid("blocked_keyword", "data.text", "holds a word that this room does not take")
			}
		}
	}
	if s := r.of.Modes.SlowSeconds; s > 0 && e.Kind == live.CommentSent && e.Person != "" {
		undo, wait := d.slow.take(e.Room, e.Person, e.ID, time.Duration(s)*time.Second, now)
		if wait > 0 {
			no := live.RateLimited(wait, "one comment every %d seconds in this room", s)
			no.Code = "slow_mode"
			return nil, no
		}
		return undo, nil
	}
	return nil, nil
}

// may judges the person, whatever they say.
func (d *Desk) may(ctx context.Context, e *live.Event, r *compiled, now time.Time) error {
	if until, muted := d.cfg.Rules.Muted(e.Room, e.Person, now); muted {
		no := live.Forbidden("muted", "you may not write in this room until the show ends")
		if !until.IsZero() {
			no.Message, no.RetryAfter = "you may not write in this room for now", max(until.Sub(now), 0)
		}
		return no
	}
	if e.Person != "" && !ownSource(e.Source) {
		// A socket of theirs would have been closed; other producers do not know.
		if err := d.cfg.Rules.Banned(ctx, e.Merchant, e.Room, e.Person); err != nil {
			return err
		}
	}
	if r.of.Modes.MuteAll {
		return live.Forbidden("mute_all", "only the room's own people may write now")
	}
	if r.of.Modes.FollowersOnly {
		follows, err := d.cfg.Rules.Follows(ctx, e.Merchant, e.Person)
		if err != nil {
			return err
		}
		if !follows {
			return live.Forbidden("followers_only", "only followers may write in this room")
		}
	}
	return nil
}

// rules are those of a room, looked up anew when they have changed.
func (d *Desk) rules(room live.RoomID) *compiled {
	of := d.cfg.Rules.Rules(room)
	d.mu.Lock()
	c := d.compiled[room]
	d.mu.Unlock()
	if c != nil && c.of == of {
		return c
	}
	keywords := make([]string, len(of.Replies))
	for i, r := range of.Replies {
		keywords[i] = r.Keyword
	}
	c = &compiled{of: of, blocked: compile(of.Words), replies: compile(keywords)}
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.blocked != nil || c.replies != nil {
		d.compiled[room] = c
	} else {
		delete(d.compiled, room) // Nothing to look up: made anew for nothing.
	}
	return c
}

// answer has the room reply to a comment that was taken. The reply is named by
// the comment, so that it is stated once however often it is tried.
func (d *Desk) answer(e *live.Event, comment live.EventID) {
	r := d.rules(e.Room)
	if r.replies == nil || e.Actor.Role != live.RoleViewer && e.Actor.Role != "" {
		return
	}
	var said struct {
		Text      string `json:"text"`
		CommentID string `json:"comment_id"`
	}
	if json.Unmarshal(e.Data, &said) != nil {
		return
	}
	if said.CommentID == "" {
		said.CommentID = string(comment)
	}
	now := d.cfg.Now()
	p := plainOf(said.Text)
	r.replies.in(&p, func(i int) bool {
		keyword := r.replies.given[i]
		if !d.turn(answer{e.Room, keyword}, now) {
			return false
		}
		data, err := json.Marshal(map[string]string{"keyword": keyword, "text": textOf(r.of, keyword), "reply_to": said.CommentID})
		if err != nil {
			panic("BUG: encoding an auto-reply: " + err.Error())
		}
		reply := live.Event{
			ID:   live.EventID(uuid.NewSHA1(replyNames, []byte(string(e.Merchant)+"\x00"+said.CommentID)).String()),
			Kind: live.AutoReplied, Source: sourceSystem, Merchant: e.Merchant, Room: e.Room, Show: e.Show, Rehearsal: e.Rehearsal,
			Actor: live.Actor{ID: sourceSystem, Role: live.RoleSystem}, OccurredAt: now, Data: data,
		}
		select {
		case d.replies <- reply:
		default:
			d.Dropped(Place{e.Merchant, e.Room}, "auto_reply_queue", 1)
		}
		return true // One comment gets one answer.
	})
}

var replyNames = uuid.NewSHA1(uuid.NameSpaceOID, []byte("showrunner auto-reply"))

func textOf(r *live.RoomRules, keyword string) string {
	for _, a := range r.Replies {
		if a.Keyword == keyword {
			return a.Text
		}
	}
	return ""
}

// turn reports whether a keyword may be answered again.
func (d *Desk) turn(a answer, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if last, ok := d.answered[a]; ok && now.Sub(last) < replyEvery {
		return false
	}
	d.answered[a] = now
	return true
}
