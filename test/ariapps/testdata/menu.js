// A menu, with npm's ari-client, which builds itself from the description of the interface. menu.js URL USER PASSWORD
const client = require('ari-client');

const [url, user, password] = process.argv.slice(2);

function fail(what) {
  return (err) => {
    console.log(what, err && err.message);
    process.exit(1);
  };
}

client.connect(url.replace(/\/ari$/, ''), user, password).then((ari) => {
  ari.on('StasisStart', (event, incoming) => {
    console.log('came', incoming.name.split('-')[0], event.args.join(' '));
    const playback = ari.Playback();
    incoming.on('ChannelDtmfReceived', (event, channel) => {
      console.log('pressed', event.digit);
      const bridge = ari.Bridge();
      bridge.create({ type: 'mixing' })
        .then(() => bridge.addChannel({ channel: channel.id }))
        .then(() => bridge.get())
        .then((now) => {
          console.log('bridge', now.bridge_type, now.channels.length);
          return bridge.destroy();
        })
        .then(() => channel.setChannelVar({ variable: 'CHOICE', value: event.digit }))
        .then(() => channel.continueInDialplan())
        .catch(fail('choice'));
    });
    incoming.answer()
      .then(() => incoming.play({ media: 'sound:beep' }, playback))
      .catch(fail('play'));
    playback.once('PlaybackFinished', (event, finished) => console.log('played', finished.media_uri, finished.state));
  });
  ari.on('StasisEnd', (event, channel) => {
    console.log('went', channel.name.split('-')[0]);
    ari.channels.get({ channelId: 'nobody' }).catch((err) => {
      console.log('refused', JSON.parse(err.message).message);
      process.exit(0);
    });
  });
  ari.once('WebSocketConnected', () => console.log('connected'));
  ari.start('menu');
}).catch(fail('connect'));

setTimeout(fail('too late'), 40000);
