# Packages that are used where they are installed: none is needed.

"Return a package that is loaded already, by its name, or `nothing`."
function loaded(name::AbstractString)
    for (id, package) in Base.loaded_modules
        id.name == name && return package
    end
    return nothing
end

is_installed(name::AbstractString) = Base.find_package(name) !== nothing

"Load packages, those that are needed and those that only help; a needed one that is not installed is an error."
function load_packages(needed, helpful=())
    lacking = filter(!is_installed, collect(String, needed))
    isempty(lacking) || throw(MissingPackages(lacking))
    for name in (needed..., filter(is_installed, helpful)...)
        Base.require(Main, Symbol(name))
    end
end

"Use the project of the code directory, unless the user has chosen another one."
function choose_project(folder)
    haskey(ENV, "JULIA_PROJECT") && return
    file = joinpath(folder, "Project.toml")
    isfile(file) && (Base.ACTIVE_PROJECT[] = file)
end
