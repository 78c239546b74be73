"""The command line: each command chooses a source of events and a view, and does nothing else.

    cli.py           runs the command, and turns an error into one line and an exit code
    announced.py     what stands on the terminal until the rest is imported
    typed.py         has typer read the command line
    commands.py      the commands; app.py is the group they stand in, scenario_command.py makes one of a scenario's main
    declared.py      the options that every run has, for typer; run_options.py: what people gave for them
    schedule.py      how a run is to move: --step, --pace, --schedule, --ask; asking.py finds the question that is asked
    exploring.py     tries all orders of a program; exploring_record.py records those that go wrong
    stage.py         how a run is shown as these options ask
    watching.py      watches a program, as often as people want to see it; showing.py: scenarios and recordings
    typer_words.py   help and complaints about the command line, in the chosen language

Nobody knocks here but `procsim/__main__.py`. What `procsim --help` and the completion of a shell do not need (sessions,
views, rich) is imported inside the commands: it takes several times as long as all the rest. And `procsim watch` does
without typer where it has no options: it takes as long as all that a program needs to be started.
"""
