package ws

// ServeAtOnce sets how many requests of all clients are carried out at a time by
// servers made from now on, and returns how to set it back.
func ServeAtOnce(n int) (reset func()) {
	was := requestsAtOnce
	requestsAtOnce = n
	return func() { requestsAtOnce = was }
}
