package eventlog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// epochKey is where the stream's metadata keeps its incarnation.
	epochKey = "showrunner_epoch"
	// duplicateWindow is how long JetStream knows the ids of messages, and so
	// how long a publish without an answer can be tried again.
	duplicateWindow = 2 * time.Minute
	// maxNote bounds the note of a checkpoint.
	maxNote = 64 << 10
)

// joinStream finds the stream or makes it, and returns it with its epoch.
func joinStream(ctx context.Context, js jetstream.JetStream, cfg Config) (jetstream.Stream, string, error) {
	if cfg.restore != nil {
		return restoreStream(ctx, js, cfg)
	}
	s, err := js.Stream(ctx, cfg.Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) && !cfg.Existing {
		s, err = js.CreateStream(ctx, newStream(cfg, uuid.NewString()))
		if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // another node was faster
			s, err = js.Stream(ctx, cfg.Stream)
		}
	}
	if err != nil {
		return nil, "", fmt.Errorf("join stream %q: %w", cfg.Stream, err)
	}
	got := s.CachedInfo().Config
	epoch := got.Metadata[epochKey]
	switch {
	case epoch == "":
		return nil, "", fmt.Errorf("stream %q was not made by showrunner: it has no %s", cfg.Stream, epochKey)
	case got.MaxAge != 0 || got.MaxMsgs > 0 || got.MaxBytes > 0 || got.Retention != jetstream.LimitsPolicy:
		return nil, "", fmt.Errorf("stream %q has limits of its own and would drop facts that readers do not have yet", cfg.Stream)
	case got.Storage != jetstream.FileStorage:
		return nil, "", fmt.Errorf("stream %q is not kept in files", cfg.Stream)
	}
	if cfg.Replicas > 0 && cfg.Replicas != got.Replicas {
		got.Replicas = cfg.Replicas
		if s, err = js.UpdateStream(ctx, got); err != nil {
			return nil, "", fmt.Errorf("set the replicas of stream %q: %w", cfg.Stream, err)
		}
	}
	return s, epoch, nil
}

// newStream is the stream of a new log.
func newStream(cfg Config, epoch string) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        cfg.Stream,
		Description: "Showrunner: every accepted fact, in order.",
		Subjects:    []string{cfg.Stream + ".events", cfg.Stream + ".outbox"},
		Storage:     jetstream.FileStorage,
		Retention:   jetstream.LimitsPolicy,
		// No limit of its own: only the trimmer knows what every reader has.
		MaxMsgs: -1, MaxBytes: -1, MaxMsgsPerSubject: -1,
		Discard:    jetstream.DiscardNew,
		Duplicates: duplicateWindow,
		Replicas:   max(cfg.Replicas, 1),
		DenyDelete: true,
		// Reads for compare-and-set must come from the leader.
		AllowDirect: false,
		Metadata:    map[string]string{epochKey: epoch},
	}
}

// joinCheckpoints finds the bucket of checkpoints or makes it.
func joinCheckpoints(ctx context.Context, js jetstream.JetStream, cfg Config) (jetstream.KeyValue, error) {
	bucket := cfg.Stream + "_readers"
	kv, err := js.KeyValue(ctx, bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) && !cfg.Existing {
		kv, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket:      bucket,
			Description: "Showrunner: how far each reader of the log has come.",
			History:     1,
			Storage:     jetstream.FileStorage,
			Replicas:    max(cfg.Replicas, 1),
		})
		if errors.Is(err, jetstream.ErrBucketExists) {
			kv, err = js.KeyValue(ctx, bucket)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("join bucket %q: %w", bucket, err)
	}
	return kv, nil
}
