# A program with panoramisk: it follows a call that it originated.
import asyncio
import sys
from panoramisk import Manager

host = sys.argv[1]
manager = Manager(loop=asyncio.new_event_loop(), host=host, port=5038, username='admin', secret='claveadmin')
asyncio.set_event_loop(manager.loop)
ended = asyncio.Event()
seen = []


@manager.register_event('Newexten')
def extension(manager, message):
    if message.Extension == '999' and message.Application not in seen:
        seen.append(message.Application)


@manager.register_event('Hangup')
def hangup(manager, message):
    if message.Channel.endswith(';2'):
        print('hangup', message['Cause-txt'])
        ended.set()


async def run():
    await manager.connect()
    while not manager.authenticated:
        await asyncio.sleep(0.05)
    answer = await manager.send_action({'Action': 'Ping'})
    print('ping', answer.response, answer.ping)
    answer = await manager.send_command('core show uptime seconds')
    print('command', answer.response)
    channels = await manager.send_action({'Action': 'CoreShowChannels'})
    print('channels', [getattr(m, 'event', '') or m.response for m in channels])
    answer = await manager.send_action({'Action': 'Originate', 'Channel': 'Local/999@office/n', 'Application': 'Wait', 'Data': '1', 'Async': 'true'})
    print('originate', (answer[0] if isinstance(answer, list) else answer).response)
    await asyncio.wait_for(ended.wait(), 20)
    print('applications', ' '.join(seen))
    manager.close()

manager.loop.run_until_complete(run())
