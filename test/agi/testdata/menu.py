"""A menu by panoramisk's FastAGI."""
import asyncio
import sys

from panoramisk import fast_agi


async def menu(request):
    call, said = request.headers, {}

    async def ask(command):
        return await request.send_command(command)

    async def result(command):
        return (await ask(command))['result'][0]

    async def value(command):
        return (await ask(command))['result'][1]

    said['CALLER'] = call['agi_callerid'] + ' ' + call['agi_calleridname']
    said['ARGUMENT'] = call['agi_arg_1'] + '/' + call['agi_network_script']
    said['ANSWER'] = await result('ANSWER')
    said['STREAM'] = await result('STREAM FILE beep ""')
    said['KEY'] = chr(int(await result('WAIT FOR DIGIT 20000')))
    said['DIGITS'] = await result('GET DATA beep 20000 3')
    await ask('SET VARIABLE COLOUR "dark blue"')
    said['COLOUR'] = await value('GET VARIABLE COLOUR')
    said['FULL'] = await value('GET FULL VARIABLE "${COLOUR:5} ${LEN(abc)}"')
    await ask('DATABASE PUT python key "some value"')
    said['STORED'] = await value('DATABASE GET python key')
    said['GONE'] = await result('DATABASE DEL python key') + await result('DATABASE GET python key')
    said['SAY'] = await result('SAY DIGITS 12 ""')
    said['EXEC'] = await result('EXEC Set DONE=yes')
    said['STATE'] = await result('CHANNEL STATUS')
    said['WRONG'] = (await ask('NO SUCH COMMAND'))['error']
    for name, text in said.items():
        await ask('SET VARIABLE SAID_%s "%s"' % (name, text))


async def main():
    app = fast_agi.Application(loop=asyncio.get_running_loop())
    app.add_route('menu', menu)
    server = await asyncio.start_server(app.handler, '127.0.0.1', int(sys.argv[1]))
    async with server:
        await server.serve_forever()


asyncio.run(main())
