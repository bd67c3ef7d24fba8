package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"showrunner/analytics"
	"showrunner/analytics/clickhouse"
	"showrunner/live"
)

// storedWithin is how old an instant may be for what is counted as of it to be stored.
// Of a show the figures are stored that were counted last: those of earlier instants
// would take the place of the ones that people look at.
const storedWithin = time.Minute

// countedOf is all that figures of a show that is over come from.
type countedOf struct {
	show     string // with its times
	standing clickhouse.Standing
	erased   int64
}

// name is what they are stored under. Another program counts them anew: it may count
// otherwise.
func (o *countedOf) name(build string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %+v", build, *o))
	return hex.EncodeToString(sum[:])
}

// countedShow is a show that was counted.
type countedShow struct {
	at      analytics.ShowAt
	of      countedOf
	figures analytics.Figures
}

// of is what figures of shows, each as of an instant, come from.
func (c *counted) of(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt, stand func(context.Context, live.MerchantID, []analytics.ShowAt) ([]clickhouse.Standing, error)) ([]countedOf, error) {
	erased, err := c.erased(ctx, m)
	if err != nil {
		return nil, err
	}
	standings, err := stand(ctx, m, shows)
	if err != nil {
		return nil, err
	}
	out := make([]countedOf, len(shows))
	for i := range shows {
		out[i] = countedOf{fmt.Sprintf("%+v", shows[i].Show), standings[i], erased}
	}
	return out, nil
}

// storedUnder are the figures of shows that are stored under one of the names, or
// under any. What cannot be had is counted.
func (c *counted) storedUnder(ctx context.Context, in *lru.Cache[countedOf, analytics.Figures], m live.MerchantID, shows []live.ShowID, names []string) []clickhouse.KeptFigures {
	found, err := c.KeptFigures(ctx, m, shows, names, in == c.kept)
	if err != nil {
		c.failed(ctx, "stored figures could not be read", err)
		return nil
	}
	return found
}

// unpack puts figures that are stored under the names of shows, which are given by
// their places, in out and into memory; of the places left it gives those that are so
// still.
func (c *counted) unpack(ctx context.Context, in *lru.Cache[countedOf, analytics.Figures], shows []analytics.ShowAt, of []countedOf, names map[int]string, stored []clickhouse.KeptFigures, places []int, out []analytics.Figures) (left []int) {
	for _, i := range places {
		at := slices.IndexFunc(stored, func(k clickhouse.KeptFigures) bool { return k.Show == shows[i].Show.ID && k.Of == names[i] })
		if at < 0 {
			left = append(left, i)
			continue
		}
		body := stored[at].Metrics
		if in == c.kept {
			body = stored[at].Everything
		}
		f, err := unpackFigures(body)
		if err != nil {
			c.failed(ctx, "stored figures are none", err)
			left = append(left, i)
			continue
		}
		in.Add(of[i], f)
		f.AsOf = shows[i].At
		out[i] = f
		c.again.WithLabelValues("stored").Inc()
	}
	return left
}

// store stores what was counted of shows of a merchant, everything or the metrics.
func (c *counted) store(ctx context.Context, m live.MerchantID, need analytics.Part, shows []countedShow) {
	build, err := c.build()
	if err != nil {
		return
	}
	var list []clickhouse.KeptFigures
	for _, s := range shows {
		if s.at.At.Before(c.now().Add(-storedWithin)) {
			continue
		}
		k := clickhouse.KeptFigures{Show: s.at.Show.ID, Of: s.of.name(build), Erased: s.of.erased, Metrics: packFigures(analytics.MetricsOf(s.figures))}
		if need == analytics.Everything {
			k.Everything = packFigures(s.figures)
		}
		list = append(list, k)
	}
	if len(list) == 0 {
		return
	}
	if err := c.KeepFigures(ctx, m, list); err != nil {
		c.failed(ctx, "figures were counted and not stored", err)
	}
}

// failed notes that what is stored is of no use now: it is only an aid.
func (c *counted) failed(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		c.lost.Inc()
		c.log.WarnContext(ctx, "figures of a past show are counted again", "why", what, "error", err)
	}
}

func packFigures(f analytics.Figures) []byte {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(f); err != nil {
		panic("BUG: figures cannot be packed: " + err.Error())
	}
	return b.Bytes()
}

func unpackFigures(b []byte) (f analytics.Figures, err error) {
	if err := gob.NewDecoder(bytes.NewReader(b)).Decode(&f); err != nil {
		return f, fmt.Errorf("unpack figures: %w", err)
	}
	return f, nil
}

// buildOf tells this program from another one.
func buildOf() (build string, err error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read this program: %w", err)
	}
	defer func() { _ = f.Close() }() // It was only read.
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("read this program: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
