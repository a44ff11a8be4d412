package sip

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

type ringing struct {
	alarm alarm
	due   time.Time // zero: not set
	rung  int
	t     *testing.T
}

func (r *ringing) fire() {
	if late := time.Since(r.due); r.due.IsZero() || late < 0 || late > wheelTick {
		r.t.Errorf("%v late", late)
	}
	r.due = time.Time{}
	r.rung++
}

// Alarms ring once, never early and at most a tick late, however they are moved.
func TestWheel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWheel(func(f func()) { f() })
		random := rand.New(rand.NewPCG(1, 2))
		all := make([]ringing, 300)
		for range 3000 {
			a := &all[random.IntN(len(all))]
			a.t = t
			switch random.IntN(4) {
			case 0:
				w.stop(&a.alarm)
				a.due = time.Time{}
			default:
				a.due = time.Now().Add(time.Duration(random.ExpFloat64() * float64(20*time.Second)))
				w.set(&a.alarm, a, a.due)
			}
			time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
			synctest.Wait()
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		rung := 0
		for i := range all {
			if rung += all[i].rung; !all[i].due.IsZero() {
				t.Errorf("alarm %d never rang", i)
			}
		}
		if rung < 500 || w.count != 0 || w.armed != 0 {
			t.Errorf("%d rang, %d left, armed for %d", rung, w.count, w.armed)
		}
	})
}

func TestWheelClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWheel(func(f func()) { f() })
		a, b := &ringing{t: t}, &ringing{t: t}
		w.set(&a.alarm, a, time.Now().Add(time.Second))
		w.close()
		w.set(&b.alarm, b, time.Now().Add(time.Second))
		time.Sleep(time.Minute)
		synctest.Wait()
		if a.rung+b.rung != 0 {
			t.Error("a closed wheel rings")
		}
	})
}

type ringFunc func()

func (f ringFunc) fire() { f() }

// An alarm may be set anew while it is about to ring.
func TestAlarmIsSetWhileItIsDue(t *testing.T) {
	w := newWheel(func(f func()) { f() })
	defer w.close()
	var first, second alarm
	rung, set := make(chan struct{}, 2), make(chan struct{})
	owner := ringFunc(func() { rung <- struct{}{} })
	at := time.Now().Add(wheelTick)
	w.set(&second, owner, at)
	w.set(&first, ringFunc(func() { // rings before the second: the last that was set is the first of its slot
		go func() {
			w.set(&second, owner, at.Add(wheelTick))
			close(set)
		}()
	}), at)
	<-rung
	<-set
	<-rung
}
