package main

import (
	"context"
	"errors"
	"io"
	"time"
)

// upWithin is how long a server started for another command may take to listen.
const upWithin = 2 * time.Minute

// background is a server that runs in this process for another command.
type background struct {
	url    string
	cancel context.CancelFunc
	ended  chan error
}

// background starts the server and waits until it listens.
func (c *ServeCmd) background(ctx context.Context, stdout, stderr io.Writer) (*background, error) {
	listening := make(chan string, 1)
	c.listening = func(url string) { listening <- url }
	ctx, cancel := context.WithCancel(ctx)
	b := &background{cancel: cancel, ended: make(chan error, 1)}
	go func() { b.ended <- c.Execute(ctx, stdout, stderr) }()
	select {
	case b.url = <-listening:
		return b, nil
	case err := <-b.ended:
		cancel()
		if err == nil {
			err = context.Canceled // Told to end before it listened, it ended well.
		}
		return nil, err
	case <-time.After(upWithin):
		return nil, errors.Join(errors.New("the server did not come up within two minutes"), b.stop())
	}
}

// stop ends the server and tells how it ended.
func (b *background) stop() error {
	b.cancel()
	return b.wait()
}

// wait waits until the server ends by itself or by the context it was started with.
func (b *background) wait() error {
	defer b.cancel()
	return <-b.ended
}
