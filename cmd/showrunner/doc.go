// Command showrunner is the operations backend of livestream commerce in one
// binary: the server, and the tools that talk to it.
//
//	showrunner serve       the server, on embedded engines or on a cluster by URL
//	showrunner token       a signed token for a role
//	showrunner simulate    a realistic show over the public API
//	showrunner demo        serve and simulate in one, with a verdict
//	showrunner report      the post-show report
//	showrunner attribute   attribution over journeys in a file
//	showrunner bench       load tools, figures as JSON
//
// This package is the only one that knows all the others: it reads the
// configuration, builds every part by hand in the order of their dependencies,
// runs them, and stops them in reverse. Begin with [ServeCmd] and serve.go.
package main
