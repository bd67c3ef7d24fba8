// Package pdf prints a page as a PDF with a headless Chromium.
//
// A [Printer] starts the browser anew for each page, with a profile of its own
// that is deleted afterwards, without the network, under a time limit and one at
// a time. What a PDF says of when it was made is the instant it tells of, so that
// the same page gives the same bytes.
package pdf
