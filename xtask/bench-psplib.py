"""The kernel's search and OR-Tools CP-SAT on a sample of PSPLIB: average deviation from the critical path.

Both get the same processor seconds on one core, whatever else the machine does. CP-SAT runs with one worker and is
stopped by its process's own clock, which does not count reading and building the model. The search has no clock: the
schedules that fit are estimated from a short run, and a run that took longer than allowed is done again with fewer.
"""

import csv
import multiprocessing
import os
import subprocess
import sys
import threading
import time

from ortools.sat.python import cp_model

SEED = 7
DATA = os.environ["PSPLIB"]
PROGRAM = "target/release/examples/psplib"


def guatu(path, seconds):
    """Makespan and critical path within the seconds."""

    def run(schedules):
        command = [PROGRAM, "--schedules", str(schedules), "--seed", str(SEED), path]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            row = next(csv.DictReader(child.stdout))
            _, child.returncode, usage = os.wait4(child.pid, 0)
        return int(row["makespan"]), int(row["critical_path"]), int(row["schedules"]), usage.ru_utime + usage.ru_stime

    schedules = 5000
    makespan, path_length, made, spent = run(schedules)
    while made > schedules // 2:
        # Estimates aim at a little less than what is allowed.
        schedules = int(made * 0.95 * seconds / max(spent, 0.001))
        makespan, path_length, made, spent = run(schedules)
        if spent <= seconds:
            break
    return makespan, path_length


def numbers(lines, title):
    """Rows of numbers of the table under a title."""
    rows, is_inside = [], False
    for line in lines:
        cells = line.split()
        if line.startswith(title):
            is_inside = True
        elif is_inside and cells and all(cell.isdigit() for cell in cells):
            rows.append([int(cell) for cell in cells])
        elif is_inside and rows:
            break
    return rows


def cp_sat(path, seconds):
    """Makespan of the best schedule CP-SAT finds within the seconds; None without one."""
    with open(path, encoding="latin-1") as file:
        lines = file.readlines()
    successors = [row[3:] for row in numbers(lines, "PRECEDENCE RELATIONS")]
    work = [(row[2], row[3:]) for row in numbers(lines, "REQUESTS/DURATIONS")]
    capacities = numbers(lines, "RESOURCEAVAILABILITIES")[0]
    horizon = sum(duration for duration, _ in work)
    model = cp_model.CpModel()
    starts = [model.new_int_var(0, horizon, "") for _ in work]
    spans = [model.new_fixed_size_interval_var(start, duration, "") for start, (duration, _) in zip(starts, work)]
    for job, after in enumerate(successors):
        for other in after:
            model.add(starts[other - 1] >= starts[job] + work[job][0])
    for resource_index, capacity in enumerate(capacities):
        users = [job for job, (_, needs) in enumerate(work) if needs[resource_index] > 0]
        model.add_cumulative([spans[job] for job in users], [work[job][1][resource_index] for job in users], capacity)
    # The last activity is the end of the project and lasts nothing.
    model.minimize(starts[-1])
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = SEED
    is_done = threading.Event()
    end = time.process_time() + seconds

    def watch():
        while not is_done.wait(0.005):
            if time.process_time() >= end:
                solver.stop_search()

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = solver.solve(model)
    is_done.set()
    watcher.join()
    return round(solver.objective_value) if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else None


def main():
    seconds, every = float(sys.argv[1]), int(sys.argv[2])
    with open(os.path.join(DATA, "best.csv"), encoding="utf-8") as file:
        best = list(csv.DictReader(file))
    print(f"PSPLIB, the first and every {every}th instance after it, {seconds:g} processor seconds each, one core, seed {SEED}")
    print("set   instances  best known   CP-SAT    Guatu   points better  without a schedule of CP-SAT")
    for name in sys.argv[3:] or ["j30", "j60", "j90", "j120"]:
        sample = [row for row in best if row["set"] == name][::every]
        sums, missing = [0.0, 0.0, 0.0], 0
        for row in sample:
            path = os.path.join(DATA, name, row["instance"] + ".sm")
            ours, path_length = guatu(path, seconds)
            # A process of its own, whose clock counts nothing else.
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                theirs = pool.apply(cp_sat, (path, seconds))
            if theirs is None:
                missing += 1
                continue
            for at, makespan in enumerate([int(row["best_known"]), theirs, ours]):
                sums[at] += 100 * (makespan - path_length) / path_length
        count = max(len(sample) - missing, 1)
        known, theirs, ours = (total / count for total in sums)
        print(f"{name:<5} {len(sample):>9} {known:>11.2f} {theirs:>8.2f} {ours:>8.2f} {theirs - ours:>15.2f} {missing:>8}", flush=True)


if __name__ == "__main__":
    main()
