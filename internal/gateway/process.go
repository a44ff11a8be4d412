package gateway

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// endTime is how long a script of a call that is over may take to end, before it gets
// SIGHUP and again as long. One that goes on after that has done with the call.
const endTime = 500 * time.Millisecond

// A process is a link to a child process.
type process struct {
	*stream
	session *session
	child   *exec.Cmd
	ours    []*os.File // our ends of the pipes
	mute    func()     // ends the audio of EAGI
	exited  chan error // how the child ended, once
}

// launch starts a script: no shell is involved.
func (g *Gateway) launch(s *session) (link, status) {
	path := s.request
	if !filepath.IsAbs(path) {
		path = filepath.Join(g.Scripts, path)
	}
	if _, err := os.Stat(path); err != nil {
		g.Logger.Warn("the AGI script is not there", "channel", s.c.Name(), "program", path, "error", err)
		return nil, notFound
	}
	p, err := g.fork(s, path)
	if err != nil {
		g.Logger.Warn("the AGI script could not be run", "channel", s.c.Name(), "program", path, "error", err)
		return nil, failure
	}
	return p, success
}

func (g *Gateway) fork(s *session, path string) (_ *process, err error) {
	var theirs []*os.File
	p := &process{session: s, exited: make(chan error, 1), mute: func() {}}
	defer func() {
		for _, f := range theirs {
			_ = f.Close()
		}
		if err != nil {
			p.close()
		}
	}()
	pipe := func() (r, w *os.File) {
		if err == nil {
			r, w, err = os.Pipe()
		}
		return r, w
	}
	keep := func(our, their *os.File) {
		if err == nil {
			p.ours, theirs = append(p.ours, our), append(theirs, their)
		}
	}
	inR, inW := pipe()
	keep(inW, inR)
	outR, outW := pipe()
	keep(outR, outW)
	var audioR, audioW *os.File
	if s.enhanced {
		audioR, audioW = pipe()
		keep(audioW, audioR)
	}
	if err != nil {
		return nil, err
	}
	p.child = exec.Command(path, s.args...) //nolint:gosec,noctx // what the administrator's dialplan says; it ends with the session
	p.child.Env = append(os.Environ(), g.Environment...)
	p.child.Stdin, p.child.Stdout, p.child.Stderr = inR, outW, os.Stderr
	if s.enhanced {
		p.child.ExtraFiles = []*os.File{audioR}
	}
	if err = p.child.Start(); err != nil {
		return nil, err
	}
	p.stream = newStream(outR, inW)
	if s.enhanced {
		p.mute = sound(s, audioW)
	}
	go func() { p.exited <- p.child.Wait() }()
	return p, nil
}

// sound writes what the leg says to a pipe, as linear samples, until the returned
// function is called. What the script does not read in time is lost.
func sound(s *session, to *os.File) (mute func()) {
	audio := newAudio(s.c, to, s.g.Logger)
	remove := s.c.Tap(audio.take)
	return func() {
		remove()
		audio.close()
	}
}

func (p *process) close() {
	for _, f := range p.ours {
		_ = f.Close()
	}
}

func (p *process) hangup() { _ = p.child.Process.Signal(syscall.SIGHUP) }

func (p *process) end() status {
	p.mute()
	p.close()
	if p.session.left { // the dialplan does not wait for it
		if p.session.tells() {
			p.hangup()
		}
		return success
	}
	// One that has only closed its output is waited for while the call lasts.
	select {
	case err := <-p.exited:
		return ofExit(err)
	case <-p.session.step.Done():
	case <-p.session.g.life.Done():
	}
	for range 2 {
		timer := time.NewTimer(endTime)
		select {
		case err := <-p.exited:
			timer.Stop()
			return ofExit(err)
		case <-timer.C:
			if p.session.tells() {
				p.hangup()
			}
		}
	}
	return success // it closed its output and goes on by itself; its goroutine will see it end
}

func ofExit(err error) status {
	if err != nil {
		return failure
	}
	return success
}

// wake is stream's; a program that is being told something and does not read is not
// waited for, either. The deadline of a pipe may be set by anybody, that of a server's
// connection by who writes alone.
func (p *process) wake() {
	p.stream.wake()
	_ = p.to.SetWriteDeadline(time.Now().Add(lastTime))
}
